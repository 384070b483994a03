import { missingLibrary } from '../shared/missing-library.ts'

/** WebAssembly code that was compiled and not yet given a memory. */
export type WasmCode = object

/** The part of `@open-policy-agent/opa-wasm` that is used here. */
export interface OpaWasmLibrary {
  loadPolicySync(
    code: WasmCode,
    memory: { readonly initial: number; readonly maximum: number },
    builtins: OpaBuiltins,
  ): LoadedPolicy
}

/** A policy with its memory. What it throws may be a text. */
export interface LoadedPolicy {
  /** The documents that it can be asked for, by path. */
  readonly entrypoints: Readonly<Record<string, number>>
  readonly mem: { readonly buffer: ArrayBufferLike }
  readonly wasmInstance: object
  setData(data: unknown): void
  /** A list with one `{ result }`, or an empty list where the document is undefined. */
  evaluate(json: ArrayBuffer, entrypoint: string): unknown
}

/** Built-in functions of Rego by name. They get and return JSON values; undefined stands for no result. */
export type OpaBuiltins = Readonly<Record<string, (...given: readonly never[]) => unknown>>

/** The built-in functions that the library adds to those inside a compiled policy. */
export const libraryBuiltins: ReadonlySet<string> = new Set([
  'json.is_valid',
  'regex.split',
  'sprintf',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
])

/** Loads the library at its first use. Throws `unsupported` where it is not installed. */
export async function loadLibrary(): Promise<OpaWasmLibrary> {
  try {
    const imported: unknown = await import('@open-policy-agent/opa-wasm')
    return (imported as { readonly default: OpaWasmLibrary }).default
  } catch (cause) {
    throw missingLibrary('opaWasmPolicy', '@open-policy-agent/opa-wasm', cause)
  }
}

/** The types of Node do not know this part of the platform. */
const platform = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<WasmCode>
    readonly Module: { exports(code: WasmCode): readonly { readonly name: string }[] }
  }
}

export function compileWasm(bytes: Uint8Array): Promise<WasmCode> {
  return platform.WebAssembly.compile(bytes)
}

/** Whether a module has what every policy has. The library prints a complaint about others. */
export function isPolicy(code: WasmCode): boolean {
  return platform.WebAssembly.Module.exports(code).some(({ name }) => name === 'opa_wasm_abi_version')
}
