/** Metrics and alarms as an app declares them. */

/** A statistic of one metric of CloudWatch, over periods. */
export interface CloudwatchStat extends CloudwatchSeries {
  /** `Sum`, `SampleCount`, `Average`, `Minimum`, `Maximum`, `p99`. */
  readonly stat: string
}

/** The data of one metric with exactly these dimensions. */
export interface CloudwatchSeries {
  /** `AWS/SageMaker`. */
  readonly namespace: string
  /** `Invocations`. */
  readonly metric: string
  /**
   * All dimensions of the metric. In the values, `{deployment}` stands for a key such as `default/churn`, `{namespace}`
   * and `{name}` for its parts, `{revision}` for the revision. `{revision}`, and `{deployment}` or `{name}`, must be used.
   */
  readonly dimensions: Readonly<Record<string, string>>
  /** Only data of this unit. */
  readonly unit?: CloudwatchUnit
  /** The account of the metric, when a monitoring account asks. */
  readonly accountId?: string
}

/**
 * A statistic, or an expression of metric math over the names in `metrics`. An expression is sent as it is written: it
 * has no variables.
 */
export type CloudwatchQuery = CloudwatchStat | string

export type CloudwatchMetric = (CloudwatchRatio | CloudwatchValue | CloudwatchMean) & {
  /** What expressions calculate with, by names such as `m1`. */
  readonly metrics?: Readonly<Record<string, CloudwatchStat>>
  /** The length of a period, in seconds: 1, 5, 10, 20, 30, or a multiple of 60. Default 60. */
  readonly periodSeconds?: number
  /** Whether our router measures the numbers. Then the target's replies must tell the revision. Default false. */
  readonly routerMeasured?: boolean
  /** How late the numbers are, in milliseconds, when that is not what the source says of all. */
  readonly delayMs?: number
}

/** `hits` out of `total`, each summed over the periods: error rates. Statistics are `Sum` or `SampleCount`. */
export interface CloudwatchRatio {
  readonly kind: 'ratio'
  readonly hits: CloudwatchQuery
  readonly total: CloudwatchQuery
  /**
   * What it means when there is a total, and `hits` has no data. `zero`: there were none, as with a metric that is
   * written only when there is an error. Default `no-data`, because a mistake in the query looks the same.
   */
  readonly noHits?: 'zero' | 'no-data'
}

/** One number, from those of the periods. */
export interface CloudwatchValue {
  readonly kind: 'value'
  readonly value: CloudwatchQuery
  /** How one number is made of those of the periods. `mean` weighs each period by its `count`, where that is given. */
  readonly over: 'mean' | 'sum' | 'max' | 'min'
  /** How many samples each period has. Without it, gates on the metric cannot ask for a number of samples. */
  readonly count?: CloudwatchQuery
  /** What the values are multiplied by: 0.001 makes milliseconds of microseconds. Default 1. */
  readonly scale?: number
}

/** The mean of all samples, exactly: `Sum` by `SampleCount`. */
export interface CloudwatchMean {
  readonly kind: 'mean'
  readonly of: CloudwatchSeries
  /** What the values are multiplied by. Default 1. */
  readonly scale?: number
}

/** An alarm as a metric: 0 when it is OK, 1 when it is in alarm, no data when it has too few. */
export interface CloudwatchAlarm {
  /** The alarm's name, with the variables of dimensions. */
  readonly alarm: string
  /**
   * Whom the alarm watches. `revision`: the name must have `{revision}`, and `{deployment}` or `{name}`. `deployment`: all
   * revisions of a deployment together; then the metric answers the same for each of them. Default `revision`.
   */
  readonly watches?: 'revision' | 'deployment'
  /** How late the alarm changes its state, in milliseconds, when that is not what the source says of all. */
  readonly delayMs?: number
}

export const cloudwatchUnits = [
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
  'None',
] as const
export type CloudwatchUnit = (typeof cloudwatchUnits)[number]
