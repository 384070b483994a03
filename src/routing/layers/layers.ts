/**
 * The layers around the calls to upstreams. Their order is fixed, and each has a place of its own:
 *
 * policy → guardrails in → cache → budgets → attempts → guardrails out → settlement
 *
 * A layer refuses a request by throwing a ModelspineError. A layer may answer at once or with a promise. A request that
 * is stopped meanwhile does not wait for a layer.
 */

import type { Decision } from '../../policy/contract.ts'
import type { RequestRecord, UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Approximation } from '../attempt/attempt-translation.ts'
import type { RequestView } from '../strategies/routing-strategy.ts'

type MaybePromise<Value> = Value | PromiseLike<Value>

/** A request as layers see it. */
export interface LayerRequest extends RequestView {
  /** The request as the operation takes it. Undefined for a request that the caller sends itself. */
  readonly body: unknown
  /** What the policy answered. Undefined without a policy. */
  readonly decision: Decision | undefined
  /** Fires when the request is ended from outside. */
  readonly abortSignal: AbortSignal
}

/** The layers besides the policy. Those of one place are asked in the order of the list. */
export interface Layers {
  readonly guardrailsIn?: readonly RequestGuardrail[]
  readonly cache?: ReplyCache
  readonly budgets?: readonly Budget[]
  readonly guardrailsOut?: readonly ReplyGuardrail[]
  readonly settlement?: readonly Settlement[]
}

export interface RequestGuardrail {
  /** Gives the body that is sent: the same one, or another. Throws to refuse the request. */
  checkRequest(request: LayerRequest): MaybePromise<unknown>
}

export interface ReplyGuardrail {
  /** Gives the reply that the caller gets: the same one, or another. Throws to hold it back. */
  checkReply(request: LayerRequest, reply: unknown): MaybePromise<unknown>
  /** Gives the pieces that the caller gets. May hold pieces back and change them. Throws to end the stream. */
  checkStream(request: LayerRequest, pieces: AsyncIterable<unknown>): AsyncIterable<unknown>
}

export interface ReplyCache {
  /**
   * A reply from before. It goes through the guardrails for replies like any other. One with approximations is not used
   * where the route forbids them. Not asked for streams.
   */
  find(request: LayerRequest): MaybePromise<CachedReply | undefined>
  /** A reply that an upstream has just given, before the guardrails for replies. */
  keep(request: LayerRequest, reply: CachedReply): void
}

export interface CachedReply {
  readonly reply: unknown
  /** The upstream that gave it. */
  readonly upstream: UpstreamIdentity
  /** What was approximated for it. Keep it, so that later callers are told, too. */
  readonly approximated?: readonly Approximation[]
}

export interface Budget {
  /** Reserves what the request may cost. Throws when there is not so much left. */
  reserve(request: LayerRequest): MaybePromise<void>
  /** The request has ended. Called exactly once for each `reserve` that did not throw. */
  settle(request: LayerRequest, record: RequestRecord): void
}

export interface Settlement {
  /** A request has ended, also one that was refused. Called exactly once for each request. */
  settle(request: LayerRequest, record: RequestRecord): void
}
