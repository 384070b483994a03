import type { UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Operation } from '../operations/operation.ts'
import { AttemptChain, missing } from './attempt-chain.ts'
import type { Approximation } from './attempt-translation.ts'
import type { RoutedRequest } from './routed-request.ts'

/** A reply, and the upstream that gave it. */
export interface Answered<Reply> {
  readonly reply: Reply
  readonly upstream: UpstreamIdentity
  readonly approximated?: readonly Approximation[]
}

/**
 * Asks upstreams one after the other until one gives a reply. Throws the failure of the last one when no
 * other may be asked. Never waits for a `retryAfterMs`. Does not end the request.
 */
export function callUpstreams<Request, Reply>(
  request: RoutedRequest<Request>,
  operation: Operation<Request, Reply, unknown>,
): Promise<Answered<Reply>> {
  return new AttemptChain(request).ask((attempt) => {
    const { upstream, context } = attempt
    const { provider } = upstream.connection
    const sent = operation.send?.(provider, request.bodyFor(provider), upstream.identity.model, context)
    if (sent === undefined) throw missing(attempt, operation.name)
    return attempt.wait(sent, (reply) => {
      operation.note?.(reply, attempt)
      attempt.succeeded(operation.prediction?.(reply))
      const { listed } = attempt.translation
      return {
        reply,
        upstream: upstream.identity,
        ...(listed === undefined ? undefined : { approximated: listed }),
      }
    })
  })
}
