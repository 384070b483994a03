import { readFile } from 'node:fs/promises'
import { messageOf, sha256 } from 'modelspine/adapter'
import { createLoadedPolicy, type ReloadablePolicy } from '../shared/policy/loaded-policy.ts'
import { wrongOption } from '../shared/wrong-option.ts'
import { decisionOf } from './opa-decision.ts'
import { opaInputText } from './opa-input.ts'
import { checkedOptions, type OpaDecisionOptions } from './opa-options.ts'
import { readCompiled } from './opa-wasm-bundle.ts'
import { loadLibrary, type OpaBuiltins } from './opa-wasm-library.ts'
import { openModule, type WasmModule } from './opa-wasm-module.ts'

export type { OpaBuiltins } from './opa-wasm-library.ts'

/** A bundle of `opa build -t wasm`, or the `policy.wasm` in it: its path, or its bytes. */
export type OpaWasmSource = string | URL | Uint8Array

export interface OpaWasmPolicyOptions<Name extends string = string> extends OpaDecisionOptions<Name> {
  readonly policy: OpaWasmSource
  /** The most memory that the policy may use for its data, a question and its answer, in bytes. Default 64 MiB. */
  readonly maxMemoryBytes?: number
  /**
   * Built-in functions that the policies call and WebAssembly lacks, such as `time.now_ns`. With one that does not
   * always answer the same, neither does the policy.
   */
  readonly builtins?: OpaBuiltins
}

export interface OpaWasmPolicy<Name extends string = string> extends ReloadablePolicy<Name, OpaWasmSource> {}

interface Loaded {
  readonly module: WasmModule
  readonly revision: string
}

/**
 * Policies in Rego, compiled to WebAssembly and evaluated in this process. Loads at `load` or at the first question,
 * and then answers at once. Throws `invalid-options`.
 */
export function opaWasmPolicy<const Name extends string = 'opa'>(
  options: OpaWasmPolicyOptions<Name>,
): OpaWasmPolicy<Name> {
  const words = checkedOptions(options)
  const { name, actions, path } = words
  const { maxMemoryBytes = 64 * 1024 * 1024, builtins = {} } = options
  if (!(maxMemoryBytes > 0))
    throw wrongOption('maxMemoryBytes', `is ${maxMemoryBytes}: give a number of bytes above 0`)
  return createLoadedPolicy({
    name,
    actions,
    first: options.policy,
    async open(policy: OpaWasmSource): Promise<Loaded> {
      const bytes = typeof policy === 'object' && ArrayBuffer.isView(policy) ? policy : await read(policy)
      const compiled = await readCompiled(bytes, path)
      const module = await openModule(await loadLibrary(), compiled, { path, maxMemoryBytes, builtins })
      return { module, revision: compiled.revision ?? sha256(bytes) }
    },
    evaluate: (request, { module, revision }) =>
      decisionOf(request, { document: module.evaluate(opaInputText(request)), bundle: revision }, words),
  })
}

async function read(policy: string | URL): Promise<Uint8Array> {
  try {
    return await readFile(policy)
  } catch (error) {
    throw wrongOption('policy', `cannot be read: ${messageOf(error)}`)
  }
}
