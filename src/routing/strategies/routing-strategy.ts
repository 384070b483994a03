import type { ModelspineError } from '../../errors.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { AttemptRecord } from '../../telemetry/contract.ts'
import type { RoutePlan, Upstream } from '../table/route.ts'

/**
 * Chooses the upstream to ask. The router calls it for every attempt of every request, so it must be quick and
 * must not throw. All requests of a router share it, and several may be under way at the same time.
 */
export interface RoutingStrategy {
  /**
   * The upstream to ask next. Undefined when none is left. The router may ask without making the call, so `pick`
   * counts nothing; `began` does.
   */
  pick(plan: RoutePlan, request: RequestView, tried: readonly Tried[]): Upstream | undefined
  /** A call to the upstream has begun. */
  began?(upstream: Upstream, request: RequestView): void
  /** The first output of a stream has come. Its call goes on. */
  answered?(upstream: Upstream, request: RequestView): void
  /** The call has ended. Called exactly once for each `began`. */
  ended?(upstream: Upstream, outcome: AttemptRecord): void
}

/** An upstream that cannot answer the request, and why. It was asked, or it has no room for one more call. */
export interface Tried {
  readonly upstream: Upstream
  readonly error: ModelspineError
}

/** What a strategy or a layer can see of a request. */
export interface RequestView {
  readonly requestId: string
  /** The id that the caller gave the request. Other requests may have the same one. */
  readonly callerId: string | undefined
  readonly routeKey: Key
  readonly operation: OperationName
  readonly streamed: boolean
  readonly actor: Actor
  /** What the caller says about the request, by name. Empty when it says nothing. */
  readonly tags: Readonly<Record<string, string>>
  /** Requests with the same value belong together, such as those of one conversation. The strategies that ship do not read it. */
  readonly stickyKey: string | undefined
  /** About how many tokens the request holds. Undefined for an operation without tokens. */
  readonly estimatedTokens: number | undefined
  /** What the upstream must be able to do, such as `tools`. Streaming is not in it, because the plan obeys it. */
  readonly needs: readonly string[]
}
