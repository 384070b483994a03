import { ModelspineError } from '../errors.ts'
import type { Key } from '../resources/metadata.ts'
import { failureOf, reachOf } from './failure-reach.ts'
import type { UpstreamPicker } from './picker.ts'
import type { Upstream } from './route.ts'
import type { RoutedRequest } from './routed-request.ts'

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
 * Asks upstreams in turn until one gives a result. A failure is passed on as it is when nobody else may be asked, when
 * the failover is spent, and when the request was stopped; a `retryAfterMs` is never waited for. The result is not
 * the request's end: that is for `call`'s user to say.
 */
export async function attempt<Result>(
  request: RoutedRequest,
  picker: UpstreamPicker,
  call: (upstream: Upstream) => Promise<Result>,
): Promise<Result> {
  const plan = request.route.plans[request.operation]
  let upstream = plan && picker.first(plan)
  if (plan === undefined || upstream === undefined) throw noBackend(request)
  for (;;) {
    if (request.stopped !== undefined) throw request.stopped
    request.beginAttempt(upstream)
    try {
      return await call(upstream)
    } catch (cause) {
      const error = request.stopped ?? failureOf(cause, upstream)
      request.attemptFailed(error)
      if (request.stopped !== undefined || request.attempts >= maxAttempts) throw error
      const other = picker.next(plan, upstream, reachOf(error))
      if (other === undefined) throw error
      upstream = other
    }
  }
}

export function servedBy(request: RoutedRequest, { identity }: Upstream): Served {
  const { requestId, attempts } = request
  const { deployment, revision, provider } = identity
  return deployment === undefined || revision === undefined
    ? { requestId, provider, attempts }
    : { requestId, deployment, revision, provider, attempts }
}

function noBackend({ route, operation }: RoutedRequest): ModelspineError {
  const message = `route ${route.key} has no backend that is ready to ${operation}`
  return new ModelspineError('no-backend', message, { details: { route: route.key, operation } })
}

/** A provider that declares an operation and lacks its method. */
export function missing(upstream: Upstream, method: string): ModelspineError {
  return new ModelspineError('unsupported', `provider ${upstream.identity.provider} has no ${method}`)
}
