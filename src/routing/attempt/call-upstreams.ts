import type { UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Operation } from '../operations/operation.ts'
import { AttemptChain, missing } from './attempt-chain.ts'
import type { RoutedRequest } from './routed-request.ts'

/** A reply, and the upstream that gave it. */
export interface Answered<Reply> {
  readonly reply: Reply
  readonly upstream: UpstreamIdentity
}

/**
 * Asks upstreams one after the other until one gives a reply. Throws the failure of the last one unchanged when no
 * other may be asked. Never waits for a `retryAfterMs`. Does not end the request.
 */
export async function callUpstreams<Request, Reply>(
  request: RoutedRequest<Request>,
  operation: Operation<Request, Reply, unknown>,
): Promise<Answered<Reply>> {
  const chain = new AttemptChain(request)
  for (;;) {
    const attempt = chain.begin()
    try {
      const { upstream, context } = attempt
      const { provider } = upstream.connection
      const sent = operation.send?.(provider, request.bodyFor(provider), upstream.identity.model, context)
      if (sent === undefined) throw missing(attempt, operation.name)
      return await attempt.wait(sent, (reply) => {
        operation.note?.(reply, attempt)
        attempt.succeeded(operation.prediction?.(reply))
        return { reply, upstream: upstream.identity }
      })
    } catch (cause) {
      chain.failed(attempt, cause)
    }
  }
}
