import { ModelspineError } from '../../errors.ts'
import { isNotCarried, notCarried } from '../../provider/contract/not-carried.ts'
import type { Tried } from '../strategies/routing-strategy.ts'
import { upstreamsIn } from '../strategies/upstreams-in.ts'
import type { RoutePlan, Upstream } from '../table/route.ts'
import { Attempt, type AttemptLimits } from './attempt.ts'
import { failureOf, isBeyond } from './failure-reach.ts'
import type { RoutedRequest } from './routed-request.ts'

/**
 * The default for an upstream whose provider others use, too. It is below the 256 connections of a provider, so that
 * a model that hangs leaves connections to the vendor's other models.
 */
const sharedInFlight = 200

/**
 * Makes the attempts of one request, one after the other. The strategy says whom to ask. The chain says whether
 * anybody may still be asked, and how long an attempt may take.
 */
export class AttemptChain {
  readonly #request: RoutedRequest
  readonly #tried: Tried[] = []

  constructor(request: RoutedRequest) {
    this.#request = request
  }

  /** Asks upstreams one after the other until one gives a result. Throws what `begin` throws. */
  async ask<Result>(call: (attempt: Attempt) => Promise<Result>): Promise<Result> {
    for (;;) {
      const attempt = this.begin()
      try {
        return await call(attempt)
      } catch (cause) {
        this.failed(attempt, cause)
      }
    }
  }

  /**
   * Begins a call to the next upstream. Throws what the caller should get when no upstream may be asked: the last
   * failure, why the request was stopped, `overloaded`, or `no-backend`.
   */
  begin(): Attempt {
    const request = this.#request
    if (request.stopped !== undefined) throw request.stopped
    const failed = request.attempts.at(-1)
    if (failed?.error !== undefined && this.#isUsedUp()) throw failed.error
    const plan = this.#plan()
    const upstream = plan && this.#pick(plan, this.#tried)
    if (plan === undefined || upstream === undefined) {
      throw failed?.error ?? this.#tried.at(-1)?.error ?? noBackend(request)
    }
    if (failed === undefined) return new Attempt(request, upstream, 'first', this.#limits(plan))
    const retriedFrom = retriedFromOf(request.attempts, upstream)
    return new Attempt(request, upstream, 'failover', this.#limits(plan), retriedFrom)
  }

  /** Ends an attempt whose call failed, and keeps the reason for the next `begin`. */
  failed(attempt: Attempt, cause: unknown): void {
    const error = attempt.error ?? failureOf(cause, attempt.upstream)
    attempt.failed(error)
    this.#tried.push({ upstream: attempt.upstream, error })
  }

  /** Whether no further call may be made, whatever upstreams there are. */
  #isUsedUp(): boolean {
    const { attempts, route, descriptor, body } = this.#request
    if (route.translation.cannotCarry === 'refuse' && isNotCarried(attempts.at(-1)?.error)) return true
    return this.#callsMade() >= route.limits.attempts || descriptor.isRepeatable?.(body) === false
  }

  /** What a provider refused to carry was not sent. */
  #callsMade(): number {
    let made = 0
    for (const { error } of this.#request.attempts) if (!isNotCarried(error)) made += 1
    return made
  }

  #plan(): RoutePlan | undefined {
    const { streamed, operation } = this.#request
    const route = this.#request.newestRoute()
    return (streamed ? route.streamPlans : route.plans)[operation]
  }

  /** Passes over upstreams that have as many calls as they may. Those are noted in `tried`. */
  #pick(plan: RoutePlan, tried: Tried[]): Upstream | undefined {
    const { strategy, maxInFlight } = this.#request.around
    for (;;) {
      const upstream = strategy.pick(plan, this.#request, tried)
      if (upstream === undefined || !tried.every((each) => isBeyond(each, upstream))) return undefined
      const most = maxInFlight ?? (upstream.connection.isShared ? sharedInFlight : Number.POSITIVE_INFINITY)
      if (upstream.state.inFlight < most) return upstream
      tried.push({ upstream, error: full(upstream, most) })
    }
  }

  #limits(plan: RoutePlan): AttemptLimits {
    const { route, streamed, leftMs } = this.#request
    const { attemptMs, firstOutputMs, idleMs } = route.limits
    const declared = streamed ? firstOutputMs : attemptMs
    if (declared !== undefined) return { answerMs: declared, mayMoveOn: undefined, idleMs }
    const left = Math.min(
      route.limits.attempts - this.#callsMade(),
      upstreamsIn(plan).length - this.#tried.length,
    )
    if (left <= 1) return { answerMs: undefined, mayMoveOn: undefined, idleMs }
    return { answerMs: leftMs / left, mayMoveOn: (attempt) => this.#mayMoveOn(attempt), idleMs }
  }

  /** Whether another upstream could be asked if this attempt ended now. Asked by a timer, so it never throws. */
  #mayMoveOn({ upstream }: Attempt): boolean {
    let mayMoveOn = false
    this.#request.around.observers.guarded(() => {
      const plan = this.#isUsedUp() ? undefined : this.#plan()
      const error = new ModelspineError('timeout', 'the attempt has used its share of the time')
      mayMoveOn = plan !== undefined && this.#pick(plan, [...this.#tried, { upstream, error }]) !== undefined
    })
    return mayMoveOn
  }
}

/** The revision of the upstream's deployment that was asked before: another revision than the upstream's, if any. */
function retriedFromOf(attempts: readonly Attempt[], { identity }: Upstream): string | undefined {
  const { deployment, revision } = identity
  if (deployment === undefined) return undefined
  let from: string | undefined
  for (const { upstream } of attempts) {
    const asked = upstream.identity
    if (asked.deployment !== deployment) continue
    if (from === undefined || asked.revision !== revision) from = asked.revision
  }
  return from
}

function full({ identity }: Upstream, maxInFlight: number): ModelspineError {
  const message = `provider ${identity.provider} has ${maxInFlight} calls of model ${identity.model} under way, which is the most that the router's maxInFlightPerUpstream allows`
  return new ModelspineError('overloaded', message, { details: { maxInFlight } })
}

function noBackend({ route, operation, streamed }: RoutedRequest): ModelspineError {
  const details = { route: route.key, operation }
  const plan = streamed ? route.plans[operation] : undefined
  if (plan !== undefined && plan.backends.length + plan.fallback.length > 0) {
    const message = `route ${route.key} has no backend that streams ${operation}; ask for a whole reply`
    return new ModelspineError('unsupported', message, { details })
  }
  const message = `route ${route.key} has no backend that is ready to ${operation}`
  return new ModelspineError('no-backend', message, { details })
}

/** The error for a provider that declares an operation but lacks the method for it. */
export function missing({ upstream }: Attempt, method: string): ModelspineError {
  return notCarried(`provider ${upstream.identity.provider} has no ${method}`)
}
