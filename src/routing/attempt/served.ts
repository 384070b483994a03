import type { Cost } from '../../cost/contract.ts'
import type { Key } from '../../resources/metadata.ts'
import type { UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Approximation } from './attempt-translation.ts'
import type { RoutedRequest } from './routed-request.ts'

/** The provider, deployment and revision that served a request. */
export interface Served {
  /** The request's own id. */
  readonly requestId: string
  /** The id that the caller gave the request. */
  readonly callerId?: string
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The model's name at the provider, as it was asked for. */
  readonly model: string
  /** How many calls were made. The call that succeeded is included. 0 for a reply from a cache. */
  readonly attempts: number
  /** What the upstream's format could say only about, and what became of it. At most 100 are listed. */
  readonly approximated?: readonly Approximation[]
}

/** A provider's reply, with the provider, deployment and revision that gave it. */
export interface Routed<Reply> extends Served {
  /**
   * What all calls of the request cost together. Absent without a table of prices, and for a reply from a cache. A
   * stream tells it at its end: `RoutedStream.cost`.
   */
  readonly cost?: Cost
  readonly reply: Reply
}

export function servedBy(
  { requestId, callerId, attempts }: RoutedRequest,
  { deployment, revision, provider, model }: UpstreamIdentity,
  approximated: readonly Approximation[] | undefined,
): Served {
  return {
    requestId,
    ...(callerId === undefined ? undefined : { callerId }),
    ...(deployment === undefined || revision === undefined ? undefined : { deployment, revision }),
    provider,
    model,
    attempts: attempts.length,
    ...(approximated === undefined ? undefined : { approximated }),
  }
}
