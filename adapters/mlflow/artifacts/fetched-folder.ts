import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { canonicalJson, ModelspineError, sha256 } from 'modelspine/adapter'
import { z } from 'zod'
import { fileDigest } from '../../shared/file-digest.ts'

export interface FetchedFile {
  /** Below the folder, with `/` between its parts. */
  readonly path: string
  readonly bytes: number
  /** `sha256:<hex>`. */
  readonly digest: string
}

/** The file that says what was fetched. It is written last, before the folder gets its name. */
export const manifestName = '.mlflow-artifacts.json'

interface Manifest {
  readonly uri: string
  readonly files: readonly FetchedFile[]
}

const manifest: z.ZodType<Manifest> = z.object({
  uri: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), digest: z.string() })),
})

/** One digest for all files and their names. */
export function treeDigest(files: readonly FetchedFile[]): string {
  const named = files.map(({ path, digest }) => [path, digest] as const)
  return `sha256:${sha256(canonicalJson(named.sort(([one], [other]) => (one < other ? -1 : 1))))}`
}

export async function writeManifest(folder: string, content: Manifest): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(content, null, 2)}\n`, { flush: true })
}

/**
 * What was fetched into the folder. Undefined when the folder is not there or is
 * empty. Throws `conflict` when the folder is another one,
 * or when its files are not those that were fetched.
 */
export async function fetchedBefore(
  folder: string,
  uri: string,
  abortSignal: AbortSignal | undefined,
): Promise<readonly FetchedFile[] | undefined> {
  if (await isFree(folder)) return undefined
  const written = await readFile(join(folder, manifestName), 'utf8').catch(() => '')
  const read = manifest.safeParse(parsed(written))
  if (!read.success) throw occupied(folder, 'it exists, and nothing was fetched into it')
  if (read.data.uri !== uri) throw occupied(folder, `it holds ${read.data.uri}`)
  const there = (await filesIn(folder)).filter((path) => path !== manifestName)
  const known = read.data.files.map(({ path }) => path)
  const more = there.find((path) => !known.includes(path))
  if (more !== undefined) throw occupied(folder, `its file ${more} was not fetched`)
  for (const { path, digest } of read.data.files) {
    const now = await fileDigest(join(folder, path), { abortSignal }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      },
    )
    if (now !== digest) throw occupied(folder, `its file ${path} is not as it was fetched`)
  }
  return read.data.files
}

/** An empty folder can be replaced. */
async function isFree(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function occupied(folder: string, why: string): ModelspineError {
  return new ModelspineError(
    'conflict',
    `${folder} cannot be used: ${why}. Remove it, or give another folder`,
    { details: { folder }, retryable: false },
  )
}
