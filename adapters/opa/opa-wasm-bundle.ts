import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf } from 'modelspine/adapter'
import { z } from 'zod'
import { wrongOption } from '../shared/wrong-option.ts'

/** A compiled policy, as it was found in a bundle or given alone. */
export interface CompiledPolicy {
  readonly wasm: Uint8Array
  /** The data of the bundle. */
  readonly data?: unknown
  readonly revision?: string
}

/** What a bundle may hold when it is unpacked. */
const maxBundleBytes = 256 * 1024 * 1024

const block = 512

const manifest = z.object({
  revision: z.string().nullish(),
  wasm: z.array(z.object({ entrypoint: z.string(), module: z.string() })).nullish(),
})

/** Reads what `opa build -t wasm` makes, or the `policy.wasm` in it. Throws `invalid-options`. */
export async function readCompiled(bytes: Uint8Array, path: string): Promise<CompiledPolicy> {
  if (startsWith(bytes, [0x00, 0x61, 0x73, 0x6d])) return { wasm: bytes }
  if (!startsWith(bytes, [0x1f, 0x8b])) {
    throw wrongOption(
      'policy',
      `is neither a bundle nor a WebAssembly module: build it with opa build -t wasm -e ${path}`,
    )
  }
  let files: ReadonlyMap<string, Uint8Array>
  try {
    files = unpack(await promisify(gunzip)(bytes, { maxOutputLength: maxBundleBytes }))
  } catch (error) {
    throw wrongOption('policy', `is a bundle that cannot be unpacked: ${messageOf(error)}`)
  }
  const told = manifest.safeParse(json(files, '.manifest') ?? {})
  if (!told.success) throw wrongOption('policy', `is a bundle whose .manifest is not one of opa build`)
  const { revision, wasm: modules } = told.data
  const module = modules?.find(({ entrypoint }) => entrypoint === path)?.module ?? 'policy.wasm'
  const wasm = files.get(plain(module))
  if (wasm === undefined) {
    throw wrongOption('policy', `is a bundle without WebAssembly: build it with opa build -t wasm -e ${path}`)
  }
  const elsewhere = [...files.keys()].find((name) => /\/data\.(json|ya?ml)$/.test(name))
  if (elsewhere !== undefined) {
    throw wrongOption(
      'policy',
      `is a bundle with data in ${elsewhere}: build it with opa build, which joins the data`,
    )
  }
  const data = json(files, 'data.json')
  return { wasm, ...(data !== undefined && { data }), ...(revision && { revision }) }
}

/** The files of a tar archive, by names without a `/` or `./` before them. */
function unpack(archive: Buffer): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) break
    const size = Number.parseInt(text(header, 124, 12).trim(), 8)
    const begin = at + block
    if (!(size >= 0) || begin + size > archive.length) throw new Error('its archive is damaged or cut')
    const kind = text(header, 156, 1)
    const folder = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : ''
    const name = plain(`${folder === '' ? '' : `${folder}/`}${text(header, 0, 100)}`)
    if (kind === '0' || kind === '') files.set(name, archive.subarray(begin, begin + size))
    at = begin + Math.ceil(size / block) * block
  }
  return files
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString('utf8')
}

function plain(name: string): string {
  return name.replace(/^\.?\//, '')
}

function json(files: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  const file = files.get(name)
  if (file === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(file).toString('utf8'))
  } catch {
    throw wrongOption('policy', `is a bundle whose ${name} is not JSON`)
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}
