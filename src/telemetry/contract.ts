/**
 * Telemetry has three contracts. Gates read numbers from a MetricSource: the plane's own windows, Prometheus,
 * CloudWatch, Datadog. A RequestObserver is told of every request: the windows, OpenTelemetry, feedback. A
 * ControlObserver is told what the control side does.
 *
 * `query` has three different outcomes: the data that the source has for the interval, no data, or the error
 * `metric-error`. `query` changes nothing. It ends with `aborted` soon after its `abortSignal` fires.
 *
 * The reading says which interval it covers. The covered interval begins later than asked when the source has
 * no complete data before that time, because the source was restarted or keeps less. The gate's step is then
 * measured again from that time. A source with coarse buckets leaves out the buckets that the interval cuts.
 * It never reads data from before `fromMs`, because an interval starts no earlier than the step that it
 * judges.
 */

import type { Cost } from '../cost/contract.ts'
import type { ErrorCode } from '../errors.ts'
import type { Decision } from '../policy/contract.ts'
import type { InferReply, Usage } from '../provider/contract.ts'
import type { Actor, Key } from '../resources/metadata.ts'
import type { OperationName } from '../resources/route/model-route.ts'
import type { Interval, MetricReading } from './contract/metric-reading.ts'

export type * from './contract/metric-reading.ts'

export interface MetricQuery {
  readonly metric: string
  /** The plane sends `deployment` (a key) and `revision` (a name). Sources map them to their own labels. */
  readonly labels: Readonly<Record<string, string>>
  readonly interval: Interval
  readonly abortSignal?: AbortSignal
}

/** What a source can say about one metric. */
export interface MetricCapabilities {
  /**
   * Whether readings have sample counts. If they do not, a gate with `minSamples` above 1 on this metric is
   * refused at plan time.
   */
  readonly counts: boolean
  /** Whether our router measures the numbers. Then the target's replies must tell the revision. */
  readonly routerMeasured: boolean
  /**
   * How late the numbers are, in milliseconds: the numbers for an interval are all there this long after its
   * end. 0 when they are there at once. A gate reads no interval that ended later, so its step is judged this
   * long after its end.
   */
  readonly delayMs: number
}

export interface MetricSource {
  /**
   * Answers at once, from what the source was told when it was made, and the same whenever it is asked. Throws
   * `metric-error` when the source knows that it does not have the metric. A source that does not know its own
   * metrics answers for any name.
   */
  capabilities(metric: string): MetricCapabilities
  query(query: MetricQuery): Promise<MetricReading> | MetricReading
  /** Closes the source's connections. The plane calls this when the plane stops. */
  close?(): Promise<void>
}

/** A source that knows the names of all its metrics. */
export interface NamedMetricSource extends MetricSource {
  /** A name that ends in `.*` stands for every name with that beginning. */
  readonly metrics: readonly string[]
}

/** A request as it enters the router. */
export interface RequestStart {
  /** The request's own id. No other request has it. */
  readonly requestId: string
  /** The id that the caller gave the request. Other requests may have the same one. */
  readonly callerId?: string
  readonly route: Key
  readonly operation: OperationName
  readonly actor: Actor
  /** What the caller says about the request, by name. */
  readonly tags?: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly streamed: boolean
  /** The headers that the caller sends to the upstream, among them the trace context. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The upstream that one attempt asked. */
export interface UpstreamIdentity {
  /** Set when the upstream belongs to a ModelDeployment. */
  readonly deployment?: Key
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The model's name at that upstream. */
  readonly model: string
}

/**
 * Why a call was made. `first`: it is the request's first one. `failover`: the calls before it failed. A gateway
 * that asked the router only whom to call makes calls of the same kinds.
 */
export type AttemptKind = 'first' | 'failover'

/** What became of a call, or of a request. */
export type Outcome = 'ok' | 'failed' | 'aborted'

/** Where an upstream is reached. */
export interface ServerAddress {
  /** A name or an IP address. */
  readonly address: string
  readonly port?: number
}

/** A call to an upstream, as it begins. */
export interface AttemptStart {
  readonly requestId: string
  readonly kind: AttemptKind
  readonly upstream: UpstreamIdentity
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  /**
   * The revision of the same deployment that the request asked before, and that failed. Another revision than this
   * attempt's, if it asked another one. Absent when the request asks the deployment for the first time.
   */
  readonly retriedFrom?: string
}

/** One call to one upstream. It counts for that upstream, whether or not the request succeeded in the end. */
export interface AttemptRecord extends AttemptStart {
  readonly callerId?: string
  readonly route: Key
  readonly actor: Actor
  /** Absent when the provider does not tell. */
  readonly server?: ServerAddress
  readonly operation: OperationName
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number
  /** How long the upstream was waited for. The time in which the caller did not read a stream is left out. */
  readonly durationMs: number
  /** The time until the first output of a stream. */
  readonly firstOutputMs?: number
  /**
   * `aborted` means that the caller went away, or that the caller was not reading its stream when the
   * time ran out. It is not a failure of the upstream.
   */
  readonly outcome: Outcome
  readonly code?: ErrorCode
  /** How long the upstream asked not to be called, in milliseconds, if it failed and said so. */
  readonly retryAfterMs?: number
  readonly usage: Usage
  /**
   * What the call cost. Absent without a table of prices, and for a call that is not billed: it failed, and the vendor
   * gave no usage.
   */
  readonly cost?: Cost
  /** The vendor's id of the reply. */
  readonly replyId?: string
  /** The vendor's name for the model that answered. */
  readonly replyModel?: string
  /** Why the model stopped: one reason for each choice of the reply. */
  readonly finishReasons?: readonly string[]
  /**
   * The reply, so that labels can be joined to predictions. Only for `infer`, and only when `outcome` is
   * `ok`.
   */
  readonly reply?: InferReply
}

/** A request as the caller sees it. There is one record per request, for any number of attempts. */
export interface RequestRecord extends Omit<RequestStart, 'headers'> {
  readonly durationMs: number
  readonly attempts: number
  /** The upstream that served the request, or that was asked last. */
  readonly upstream?: UpstreamIdentity
  readonly server?: ServerAddress
  /** What the policy answered. Absent without a policy, and when the request ended before the answer. */
  readonly decision?: Decision
  readonly outcome: Outcome
  readonly code?: ErrorCode
  /** The usage of the attempt that served the request, or that was made last. */
  readonly usage: Usage
  /** What all its calls cost together. Absent when none was billed. */
  readonly cost?: Cost
  readonly replyId?: string
  readonly replyModel?: string
  readonly finishReasons?: readonly string[]
}

/**
 * An observer is told of every request, synchronously and on the hot path. So it must be quick and must not
 * throw. If it throws, the router catches, counts and logs the error, and the caller never sees it.
 */
export interface RequestObserver {
  /**
   * Called for each request. Returns what hears the rest of that request. An observer that keeps nothing for a
   * request returns the same object each time.
   */
  started?(request: RequestStart): RequestWatch | undefined
}

/** Hears what becomes of one request. */
export interface RequestWatch {
  /** Sent to the upstreams, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Called once per attempt, when it begins. */
  attempting?(start: AttemptStart): void
  /** Called once per attempt, when it has ended. */
  attempted?(record: AttemptRecord): void
  /** Called once, when the request has ended. */
  finished?(record: RequestRecord): void
}

/** One look at one deployment, which has just ended. */
export interface ReconcileRecord {
  readonly key: Key
  /** One of a few words, such as `done` or `retry`. */
  readonly result: string
  readonly durationMs: number
}

/** One answer of a policy engine. */
export interface DecisionRecord {
  readonly policy: string
  readonly action: string
  readonly verdict: string
}

/** One call that changes the outside world, with its kind and its result. */
export interface EffectRecord {
  readonly key: Key
  readonly effect: string
  readonly result: string
}

/** One signal about an answer, with what became of it. */
export interface SignalRecord {
  readonly signal: 'label' | 'rating' | 'outcome'
  /** Such as `joined` or `late`. */
  readonly result: string
}

/** What a plane can say of itself at any time. */
export interface ControlHealth {
  readonly leading: boolean
  /** Keys that wait to be looked at. */
  readonly queued: number
  readonly faults: readonly { readonly part: string; readonly name?: string; readonly reason: string }[]
}

/**
 * An observer is told what the control side of this process does, synchronously. It must be quick and must not
 * throw. If it throws, the plane catches, counts and logs the error.
 */
export interface ControlObserver {
  /** Called once, when the plane is made. `health` answers at once, whenever it is called. */
  joined?(health: () => ControlHealth): void
  reconciled?(record: ReconcileRecord): void
  /**
   * The phase of a deployment's rollout, also when it is the same as before. `undefined` means that the
   * deployment is gone.
   */
  phaseSeen?(key: Key, phase: string | undefined): void
  decided?(record: DecisionRecord): void
  effectSent?(record: EffectRecord): void
  signalCame?(record: SignalRecord): void
}
