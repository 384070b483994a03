import { wrongOption } from '../shared/wrong-option.ts'
import type { CompiledPolicy } from './opa-wasm-bundle.ts'
import {
  compileWasm,
  isPolicy,
  type LoadedPolicy,
  libraryBuiltins,
  type OpaBuiltins,
  type OpaWasmLibrary,
  type WasmCode,
} from './opa-wasm-library.ts'

const page = 64 * 1024

/** What the runtime inside a compiled policy needs beside the policy's own texts. */
const runtimePages = 5

const encoder = new TextEncoder()

export interface ModuleOptions {
  readonly path: string
  readonly maxMemoryBytes: number
  readonly builtins: OpaBuiltins
}

/** A policy that can be asked at once. */
export interface WasmModule {
  /** The document; undefined where no rule gives it. Throws when the policy cannot be evaluated. */
  evaluate(json: string): unknown
}

/** Throws `invalid-options` for a policy that cannot answer here. */
export async function openModule(
  library: OpaWasmLibrary,
  { wasm, data }: CompiledPolicy,
  options: ModuleOptions,
): Promise<WasmModule> {
  const memory = memoryFor(wasm, options)
  const code = await codeOf(wasm, options)
  const open = (): LoadedPolicy => {
    const opened = library.loadPolicySync(code, memory, options.builtins)
    if (data !== undefined) opened.setData(data)
    return opened
  }
  let policy: LoadedPolicy | undefined
  try {
    policy = open()
  } catch (error) {
    throw wrongOption('policy', `cannot be loaded: ${reasonOf(error)}`)
  }
  check(policy, options)
  return {
    evaluate(json) {
      try {
        policy ??= open()
        return resultOf(policy.evaluate(bytesOf(json), options.path))
      } catch (error) {
        // A policy that broke off has half-made values in its memory. The next question gets a new one.
        policy = undefined
        throw new Error(reasonOf(error), { cause: error })
      }
    },
  }
}

/** In pages. The texts of a policy are in its module, and its memory begins with them. */
function memoryFor(
  wasm: Uint8Array,
  { maxMemoryBytes }: ModuleOptions,
): { readonly initial: number; readonly maximum: number } {
  const initial = runtimePages + Math.ceil(wasm.byteLength / page)
  const maximum = Math.floor(maxMemoryBytes / page)
  if (initial <= maximum) return { initial, maximum }
  throw wrongOption(
    'maxMemoryBytes',
    `is ${maxMemoryBytes}, and the policy needs ${initial * page} to begin with`,
  )
}

async function codeOf(wasm: Uint8Array, { path }: ModuleOptions): Promise<WasmCode> {
  const code = await compileWasm(wasm).catch((error: unknown) => {
    throw wrongOption('policy', `is no WebAssembly module: ${reasonOf(error)}`)
  })
  if (isPolicy(code)) return code
  throw wrongOption(
    'policy',
    `is a WebAssembly module of another kind: build it with opa build -t wasm -e ${path}`,
  )
}

function check(policy: LoadedPolicy, { path, builtins }: ModuleOptions): void {
  if (!Object.hasOwn(policy.entrypoints, path)) {
    const known = Object.keys(policy.entrypoints).join(', ')
    throw wrongOption('path', `is ${path}, and the policy was built for ${known}: build it with -e ${path}`)
  }
  const lacking = builtinsOf(policy).filter(
    (each) => !libraryBuiltins.has(each) && !Object.hasOwn(builtins, each),
  )
  if (lacking.length === 0) return
  throw wrongOption(
    'policy',
    `calls ${lacking.join(', ')}, which WebAssembly lacks: write them in "builtins", or ask an OPA server with opaPolicy`,
  )
}

/** The library takes the whole buffer for the text. */
function bytesOf(json: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = encoder.encode(json)
  return buffer.slice(byteOffset, byteOffset + byteLength)
}

function resultOf(results: unknown): unknown {
  return (results as readonly { readonly result: unknown }[])[0]?.result
}

/** The built-in functions that a policy calls and does not have inside. */
function builtinsOf({ wasmInstance, mem }: LoadedPolicy): readonly string[] {
  const { exports } = wasmInstance as { readonly exports: PolicyExports }
  const bytes = new Uint8Array(mem.buffer, exports.opa_json_dump(exports.builtins()))
  return Object.keys(JSON.parse(Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString('utf8')))
}

interface PolicyExports {
  builtins(): number
  opa_json_dump(address: number): number
}

/** The library throws texts, and objects that are no errors. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error
  const message: unknown = (error as { readonly message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : String(error)
}
