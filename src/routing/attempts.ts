import { ModelspineError } from '../errors.ts'
import type { Key } from '../resources/metadata.ts'
import { failureOf, reachOf } from './judge.ts'
import type { Candidate } from './route.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { RoutingStrategy } from './strategy.ts'

/** Who served a request. */
export interface Served {
  readonly requestId: string
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** Calls made, the one that succeeded included. */
  readonly attempts: number
}

/** One call and at most one failover. */
const maxAttempts = 2

/**
 * Asks candidates in turn until one gives a result. A failure is passed on as it is when nobody else may be asked, when
 * the failover is spent, and when the request was stopped; a `retryAfterMs` is never waited for. The result is not
 * the request's end: that is for `call`'s user to say.
 */
export async function attempt<Result>(
  request: RoutedRequest,
  strategy: RoutingStrategy,
  call: (candidate: Candidate) => Promise<Result>,
): Promise<Result> {
  const plan = request.route.plans[request.operation]
  let candidate = plan && strategy.first(plan)
  if (plan === undefined || candidate === undefined) throw noBackend(request)
  for (;;) {
    if (request.stopped !== undefined) throw request.stopped
    request.beginAttempt(candidate)
    try {
      return await call(candidate)
    } catch (cause) {
      const error = request.stopped ?? failureOf(cause, candidate)
      request.attemptFailed(error)
      if (request.stopped !== undefined || request.attempts >= maxAttempts) throw error
      const other = strategy.next(plan, candidate, reachOf(error))
      if (other === undefined) throw error
      candidate = other
    }
  }
}

export function servedBy(request: RoutedRequest, { backend }: Candidate): Served {
  const { requestId, attempts } = request
  const { deployment, revision, provider } = backend
  return deployment === undefined || revision === undefined
    ? { requestId, provider, attempts }
    : { requestId, deployment, revision, provider, attempts }
}

function noBackend({ route, operation }: RoutedRequest): ModelspineError {
  const message = `route ${route.key} has no backend that is ready to ${operation}`
  return new ModelspineError('no-backend', message, { details: { route: route.key, operation } })
}

/** A provider that declares an operation and lacks its method. */
export function missing(candidate: Candidate, method: string): ModelspineError {
  return new ModelspineError('unsupported', `provider ${candidate.backend.provider} has no ${method}`)
}
