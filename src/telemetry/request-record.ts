import type { ErrorCode } from '../errors.ts'
import type { InferReply, Usage } from '../provider/contract.ts'
import type { Key } from '../resources/metadata.ts'
import type { Operation } from '../resources/model-route.ts'

/** A request as it enters the router. */
export interface RequestStart {
  readonly requestId: string
  readonly route: Key
  readonly operation: Operation
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly streamed: boolean
}

/** Who was asked in one attempt. */
export interface Backend {
  /** Set when a ModelDeployment serves. */
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The model's name at that backend. */
  readonly model: string
}

/** One call to one backend, counted for that backend whatever came of the request. */
export interface AttemptRecord {
  readonly requestId: string
  readonly backend: Backend
  readonly operation: Operation
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number
  readonly durationMs: number
  /** Until the first content of a stream. */
  readonly firstOutputMs?: number
  /** `aborted`: the caller went away, which is nobody's failure. */
  readonly outcome: 'ok' | 'failed' | 'aborted'
  readonly code?: ErrorCode
  readonly usage: Usage
  /** What was answered, for joining labels to predictions. Only for `infer`, only when ok. */
  readonly reply?: InferReply
}

/** A request from the caller's side: at most one of them, however many attempts it took. */
export interface RequestRecord extends RequestStart {
  readonly durationMs: number
  readonly attempts: number
  /** Who served, or was asked last. */
  readonly backend?: Backend
  readonly outcome: 'ok' | 'failed' | 'aborted'
  readonly code?: ErrorCode
  readonly usage: Usage
}

/**
 * Told of every request, synchronously and on the hot path: it must be quick and must not throw. A throw is caught,
 * counted and logged by the router, and never reaches the caller.
 */
export interface RequestObserver {
  /** May return headers to send to the backend, such as `traceparent`. */
  started?(request: RequestStart): Readonly<Record<string, string>> | undefined
  attempted?(record: AttemptRecord): void
  finished?(record: RequestRecord): void
}
