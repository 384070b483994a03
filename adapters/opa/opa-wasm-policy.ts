import { readFile } from 'node:fs/promises'
import {
  type Decision,
  ModelspineError,
  messageOf,
  type PolicyEngine,
  type PolicyRequest,
  sha256,
  throwIfAborted,
  unlessAborted,
} from 'modelspine/adapter'
import { decisionOf, undecided, undeclared } from './opa-decision.ts'
import { opaInputText } from './opa-input.ts'
import { checkedOptions, type OpaDecisionOptions, wrong } from './opa-options.ts'
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

export interface OpaWasmPolicy<Name extends string = string> extends PolicyEngine<Name> {
  /**
   * Loads a policy, by default that of the options, and lets it decide from then on, whole. Until then, and when it
   * cannot be loaded, the one before decides. Of several loads under way, the last one begun holds. Throws
   * `invalid-options` for what is no policy or cannot be read, and `unsupported` where the library is not installed.
   */
  load(policy?: OpaWasmSource): Promise<void>
}

const waiting = 'waiting for the policy'

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
    throw wrong('maxMemoryBytes', `is ${maxMemoryBytes}: give a number of bytes above 0`)
  let loaded: Loaded | undefined
  let loading: Promise<void> | undefined
  let begun = 0
  let held = 0

  async function open(policy: OpaWasmSource): Promise<Loaded> {
    const bytes = typeof policy === 'object' && ArrayBuffer.isView(policy) ? policy : await read(policy)
    const compiled = await readCompiled(bytes, path)
    const module = await openModule(await loadLibrary(), compiled, { path, maxMemoryBytes, builtins })
    return { module, revision: compiled.revision ?? sha256(bytes) }
  }

  async function hold(policy: OpaWasmSource, turn: number): Promise<void> {
    const opened = await open(policy)
    if (turn < held) return
    held = turn
    loaded = opened
  }

  function load(policy: OpaWasmSource = options.policy): Promise<void> {
    begun += 1
    const attempt = hold(policy, begun).finally(() => {
      if (loading === attempt) loading = undefined
    })
    loading = attempt
    return attempt
  }

  function evaluated(request: PolicyRequest, { module, revision }: Loaded): Decision {
    try {
      return decisionOf(
        request,
        { document: module.evaluate(opaInputText(request)), bundle: revision },
        words,
      )
    } catch (error) {
      return undecided(request, name, `the policy cannot be evaluated: ${messageOf(error)}`)
    }
  }

  async function evaluatedLater(
    request: PolicyRequest,
    abortSignal: AbortSignal | undefined,
  ): Promise<Decision> {
    try {
      throwIfAborted(abortSignal, waiting)
      await unlessAborted(
        loading ?? load(),
        abortSignal,
        (cause) => new ModelspineError('aborted', `${waiting} was aborted`, { cause }),
      )
    } catch (error) {
      return undecided(request, name, messageOf(error))
    }
    return loaded === undefined
      ? undecided(request, name, 'the policy is not loaded')
      : evaluated(request, loaded)
  }

  return {
    name,
    actions,
    load,
    decide(request, call) {
      if (!actions.includes(request.action)) return undeclared(request)
      return loaded === undefined ? evaluatedLater(request, call?.abortSignal) : evaluated(request, loaded)
    },
  }
}

async function read(policy: string | URL): Promise<Uint8Array> {
  try {
    return await readFile(policy)
  } catch (error) {
    throw wrong('policy', `cannot be read: ${messageOf(error)}`)
  }
}
