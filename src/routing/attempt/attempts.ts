import { ModelspineError } from '../../errors.ts'
import type { Key } from '../../resources/metadata.ts'
import type { UpstreamPicker } from '../strategies/picker.ts'
import type { Upstream } from '../table/route.ts'
import { failureOf, reachOf } from './failure-reach.ts'
import type { RoutedRequest } from './routed-request.ts'

/** The provider, deployment and revision that served a request. */
export interface Served {
  readonly requestId: string
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** How many calls were made. The call that succeeded is included. */
  readonly attempts: number
}

/** One call and at most one failover. */
const maxAttempts = 2

/**
 * Asks upstreams one after the other until one gives a result. The failure goes to the caller unchanged in
 * three cases: no other upstream may be asked, the one failover is used up, or the request was stopped. The
 * router never waits for a `retryAfterMs`. A result does not end the request: the code that calls `attempt`
 * ends the request.
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

/** The error for a provider that declares an operation but lacks the method for it. */
export function missing(upstream: Upstream, method: string): ModelspineError {
  return new ModelspineError('unsupported', `provider ${upstream.identity.provider} has no ${method}`)
}
