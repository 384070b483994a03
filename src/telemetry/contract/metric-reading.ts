/** Both values are milliseconds since the epoch. `toMs` itself is excluded. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

export type MetricReading =
  | RatioReading
  | ValueReading
  | DistributionReading
  | HistogramReading
  | EventsReading
  | NoDataReading

/**
 * Nothing was measured. `covered` may be empty: then it tells where the source's data begins, which is after the interval.
 * Without samples there may still be requests, and what is known of them tells why.
 */
export interface NoDataReading extends Partial<ReadingContext> {
  readonly kind: 'no-data'
}

/**
 * What may make two revisions hard to compare. A source tells what it knows. A member that is absent is not known, and
 * 0 is a number.
 */
export interface ReadingContext {
  /** The interval for which the reading is complete. */
  readonly covered: Interval
  /**
   * How many requests of the deployment came to this revision first in the interval. They count when they begin, and
   * whatever becomes of them. A second attempt of the same request at the same deployment does not count. One for which
   * another revision had no room does: that revision got fewer than the split gives it, and this one more.
   */
  readonly assigned?: number
  /** How many of the samples are of requests that another revision of the same deployment had failed before. */
  readonly retried?: number
  /**
   * How many requests could have had a sample. For labels, ratings and outcomes, which come later or never, it is the
   * number of answered requests.
   */
  readonly expected?: number
  /**
   * How many of the expected requests have a sample. It may differ from the number of samples: a batch has several
   * labels, and a signal may name no request.
   */
  readonly heard?: number
}

/** `hits` out of `total`: error rates, accuracy. */
export interface RatioReading extends ReadingContext {
  readonly kind: 'ratio'
  readonly hits: number
  readonly total: number
}

/** A number that the source computed. `count` is the number of samples, if the source knows it. */
export interface ValueReading extends ReadingContext {
  readonly kind: 'value'
  readonly value: number
  readonly count?: number
}

/** Sums from which a mean and its spread can be computed. */
export interface DistributionReading extends ReadingContext {
  readonly kind: 'distribution'
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

/** How many samples lie between which bounds. The metric is the quantile: see `histogramQuantile`. */
export interface HistogramReading extends ReadingContext {
  readonly kind: 'histogram'
  /** Above 0 and below 1: 0.95 for the 95th percentile. */
  readonly quantile: number
  /** Ascending, one at least. */
  readonly bounds: readonly number[]
  /**
   * The number of samples of each cell. A cell reaches from the bound before it, which is excluded, to its own bound,
   * which is included. There is one count more than bounds: the last one is of the samples above all bounds.
   */
  readonly counts: readonly number[]
}

/** What happened so many times within so long. The metric is the number of events per second. 0 events are data, too. */
export interface EventsReading extends ReadingContext {
  readonly kind: 'events'
  readonly events: number
  /** In how many milliseconds they were counted. Above 0. */
  readonly exposureMs: number
}
