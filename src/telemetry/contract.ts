/**
 * Telemetry has two contracts. A MetricSource is where gates read numbers: the plane's own windows, Prometheus,
 * CloudWatch, Datadog. A RequestObserver is told of every request: the windows, OpenTelemetry, feedback.
 *
 * `query` answers with what it has for the interval, with no data, or throws `metric-error`: three different things.
 * It mutates nothing, and ends with `aborted` soon after its signal fires. The answer says which interval it covers: it
 * begins later than asked when the source holds nothing complete before, because it was started anew or keeps less; a
 * gate's step is then measured again from there. A source with coarse buckets leaves out those that the interval cuts,
 * and never reaches back before `fromMs`, because an interval starts no earlier than the step it judges.
 */

import type { ErrorCode } from '../errors.ts'
import type { InferReply, Usage } from '../provider/contract.ts'
import type { Key } from '../resources/metadata.ts'
import type { Operation } from '../resources/route/model-route.ts'

export interface MetricQuery {
  readonly metric: string
  /** The plane asks with `deployment` (a key) and `revision` (a name); sources map them to their own labels. */
  readonly labels: Readonly<Record<string, string>>
  readonly interval: Interval
  readonly abortSignal?: AbortSignal
}

/** Milliseconds since the epoch; `toMs` excluded. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

export type MetricReading =
  /** `hits` out of `total`: error rates, accuracy. */
  | { readonly kind: 'ratio'; readonly hits: number; readonly total: number; readonly covered: Interval }
  /** A number the source computed; `count` samples stand behind it where it can tell. */
  | { readonly kind: 'value'; readonly value: number; readonly count?: number; readonly covered: Interval }
  /** Enough for a mean and its spread. */
  | {
      readonly kind: 'distribution'
      readonly count: number
      readonly sum: number
      readonly sumSquares: number
      readonly covered: Interval
    }
  /** `covered` may be empty: where the source begins, when that is after the interval. */
  | { readonly kind: 'no-data'; readonly covered?: Interval }

export interface MetricCapabilities {
  /** Whether readings carry sample counts. A gate with `minSamples` above 1 on a source without is refused at plan time. */
  readonly counts: boolean
  /** Whether the numbers are measured by our router, and so need a target whose replies tell the revision. */
  readonly routerMeasured: boolean
}

export interface MetricSource {
  readonly capabilities: MetricCapabilities
  query(query: MetricQuery): Promise<MetricReading> | MetricReading
  /** Lets go of connections; the plane calls it when it stops. */
  close?(): Promise<void>
}

/** A source that knows all its metrics by name. */
export interface NamedMetricSource extends MetricSource {
  /** A name that ends in `.*` stands for every name that begins so. */
  readonly metrics: readonly string[]
}

/** A request as it enters the router. */
export interface RequestStart {
  readonly requestId: string
  readonly route: Key
  readonly operation: Operation
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly streamed: boolean
  /** What the caller sends along to the upstream, trace context among it. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Who was asked in one attempt. */
export interface UpstreamIdentity {
  /** Set when a ModelDeployment serves. */
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The model's name at that upstream. */
  readonly model: string
}

/** One call to one upstream, counted for that upstream whatever came of the request. */
export interface AttemptRecord {
  readonly requestId: string
  readonly upstream: UpstreamIdentity
  readonly operation: Operation
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number
  readonly durationMs: number
  /** Until the first content of a stream. */
  readonly firstOutputMs?: number
  /** `aborted`: the caller went away, or had not read its stream when the deadline came, which is nobody's failure. */
  readonly outcome: 'ok' | 'failed' | 'aborted'
  readonly code?: ErrorCode
  readonly usage: Usage
  /** What was answered, for joining labels to predictions. Only for `infer`, only when ok. */
  readonly reply?: InferReply
}

/** A request from the caller's side: at most one of them, however many attempts it took. */
export interface RequestRecord extends Omit<RequestStart, 'headers'> {
  readonly durationMs: number
  readonly attempts: number
  /** Who served, or was asked last. */
  readonly upstream?: UpstreamIdentity
  readonly outcome: 'ok' | 'failed' | 'aborted'
  readonly code?: ErrorCode
  readonly usage: Usage
}

/**
 * Told of every request, synchronously and on the hot path: it must be quick and must not throw. A throw is caught,
 * counted and logged by the router, and never reaches the caller.
 */
export interface RequestObserver {
  /** May return headers to send to the upstream, such as `traceparent`. */
  started?(request: RequestStart): Readonly<Record<string, string>> | undefined
  attempted?(record: AttemptRecord): void
  finished?(record: RequestRecord): void
}
