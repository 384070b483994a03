/**
 * A source of numbers that gates read: the plane's own windows, Prometheus, CloudWatch, Datadog.
 *
 * `query` answers with what it has for the interval, with no data, or throws `metric-error`: three different things.
 * The answer says which interval it really covers; a source with coarse buckets never reaches back before `fromMs`,
 * because an interval starts no earlier than the step it judges.
 */

export interface MetricQuery {
  readonly metric: string
  /** The plane asks with `deployment` (a key) and `revision` (a name); sources map them to their own labels. */
  readonly labels: Readonly<Record<string, string>>
  readonly interval: Interval
  readonly abort?: AbortSignal
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
}
