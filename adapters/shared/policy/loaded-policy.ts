import {
  type Decision,
  ModelspineError,
  messageOf,
  type PolicyAction,
  type PolicyEngine,
  type PolicyRequest,
  throwIfAborted,
  unlessAborted,
} from 'modelspine/adapter'
import { undecided, undeclared } from './policy-answer.ts'

/** An engine whose policies are loaded into this process, and may be replaced. */
export interface ReloadablePolicy<Name extends string, Source> extends PolicyEngine<Name> {
  /**
   * Loads a policy, by default that of the options, and lets it decide from then on, whole. Until then, and when it
   * cannot be loaded, the one before decides. Of several loads under way, the last one begun holds. Throws
   * `invalid-options` for what is no policy or cannot be read, and `unsupported` where the library is not installed.
   */
  load(policy?: Source): Promise<void>
}

export interface PolicyLoading<Name extends string, Source, Loaded> {
  readonly name: Name
  readonly actions: readonly PolicyAction[]
  /** What is loaded at the first question. */
  readonly first: Source
  open(policy: Source): Promise<Loaded>
  /** Answers at once. A throw is the verdict `error`. */
  evaluate(request: PolicyRequest, loaded: Loaded): Decision
}

const waiting = 'waiting for the policy'

/** Loads at `load` or at the first question, and then answers at once. */
export function createLoadedPolicy<Name extends string, Source, Loaded>(
  options: PolicyLoading<Name, Source, Loaded>,
): ReloadablePolicy<Name, Source> {
  const { name, actions, first } = options
  let loaded: { readonly policy: Loaded } | undefined
  let loading: Promise<void> | undefined
  let begun = 0
  let held = 0

  async function hold(source: Source, turn: number): Promise<void> {
    const policy = await options.open(source)
    if (turn < held) return
    held = turn
    loaded = { policy }
  }

  function load(source: Source = first): Promise<void> {
    begun += 1
    const attempt = hold(source, begun).finally(() => {
      if (loading === attempt) loading = undefined
    })
    loading = attempt
    return attempt
  }

  function evaluated(request: PolicyRequest, policy: Loaded): Decision {
    try {
      return options.evaluate(request, policy)
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
      : evaluated(request, loaded.policy)
  }

  return {
    name,
    actions,
    load,
    decide(request, call) {
      if (!actions.includes(request.action)) return undeclared(request)
      return loaded === undefined
        ? evaluatedLater(request, call?.abortSignal)
        : evaluated(request, loaded.policy)
    },
  }
}
