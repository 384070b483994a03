import type { Clock } from '../clock.ts'
import { ModelspineError, messageOf } from '../errors.ts'
import { isAbort } from './call-refusal.ts'
import { decisionFault, errorDecision } from './checked-decision.ts'
import { combineDecisions, type PolicyAnswer } from './combine-decisions.ts'
import type { Decision, PolicyEngine, PolicyRequest } from './contract.ts'
import { enginesFor } from './engines-for.ts'

export interface DecideOptions {
  readonly clock: Clock
  readonly abortSignal?: AbortSignal
  /** How long each engine may take. A later answer counts as the verdict `error`. Default: no limit. */
  readonly timeoutMs?: number
}

/**
 * Asks the engines that `enginesFor` names and combines the answers. Returns at once, without a promise,
 * when all engines do so. When no engine declares the action, the result is an allow without findings. A
 * throw, a rejection, a time-out and an answer that is not a decision count as the verdict `error`. Rejects
 * with `aborted` when the caller's `abortSignal` fires first.
 */
export function decideAll(
  engines: readonly PolicyEngine[],
  request: PolicyRequest,
  options: DecideOptions,
): Decision | Promise<Decision> {
  const answers: (PolicyAnswer | Promise<PolicyAnswer>)[] = []
  let waiting = false
  for (const engine of enginesFor(engines, request)) {
    const answer = ask(engine, request, options)
    waiting ||= answer instanceof Promise
    answers.push(answer)
  }
  const uncovered = isAbort(request) ? 'allow' : 'deny'
  return waiting
    ? Promise.all(answers).then((all) => combineDecisions(all, uncovered))
    : combineDecisions(answers as readonly PolicyAnswer[], uncovered)
}

function ask(
  engine: PolicyEngine,
  request: PolicyRequest,
  options: DecideOptions,
): PolicyAnswer | Promise<PolicyAnswer> {
  const cancel = new LazyAbort()
  try {
    const decision = engine.decide(request, cancel)
    return isPromise(decision) ? answerInTime(engine, decision, cancel, options) : answerOf(engine, decision)
  } catch (error) {
    return failed(engine, messageOf(error))
  }
}

async function answerInTime(
  engine: PolicyEngine,
  decision: PromiseLike<Decision>,
  cancel: LazyAbort,
  { clock, abortSignal, timeoutMs }: DecideOptions,
): Promise<PolicyAnswer> {
  const asked = `asking the policy ${engine.name}`
  const given = Promise.withResolvers<PolicyAnswer>()
  const stop = (): void => {
    cancel.fire(abortSignal?.reason)
    given.reject(new ModelspineError('aborted', `${asked} was aborted`, { cause: abortSignal?.reason }))
  }
  const late = (): void => {
    const message = `gave no answer within ${timeoutMs} ms`
    cancel.fire(new ModelspineError('timeout', `${engine.name} ${message}`))
    given.resolve(failed(engine, message))
  }
  decision.then(
    (value) => given.resolve(answerOf(engine, value)),
    (error: unknown) => given.resolve(failed(engine, messageOf(error))),
  )
  if (abortSignal?.aborted) stop()
  const timer = timeoutMs === undefined ? undefined : clock.schedule(timeoutMs, late)
  abortSignal?.addEventListener('abort', stop, { once: true })
  try {
    return await given.promise
  } finally {
    timer?.cancel()
    abortSignal?.removeEventListener('abort', stop)
  }
}

function answerOf(engine: PolicyEngine, decision: Decision): PolicyAnswer {
  const fault = decisionFault(decision)
  return fault === undefined ? { engine: engine.name, decision } : failed(engine, fault)
}

function failed(engine: PolicyEngine, why: string): PolicyAnswer {
  return { engine: engine.name, decision: errorDecision(engine.name, `${engine.name}: ${why}`) }
}

function isPromise(value: unknown): value is PromiseLike<Decision> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

/**
 * The options for an engine. The controller is made only when the engine reads `abortSignal`, so that engines
 * which answer at once do not pay for it.
 */
class LazyAbort {
  #controller: AbortController | undefined
  #fired: { readonly reason: unknown } | undefined

  get abortSignal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#fired !== undefined) this.#controller.abort(this.#fired.reason)
    return this.#controller.signal
  }

  fire(reason: unknown): void {
    this.#fired = { reason }
    this.#controller?.abort(reason)
  }
}
