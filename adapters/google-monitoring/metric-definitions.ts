import type { GateLabels } from '../shared/gate-questions.ts'

/** Metrics as an app declares them. */

/**
 * The value of a label. In a text, `{deployment}` stands for a key such as `default/churn`, `{namespace}` and `{name}`
 * for its parts, `{revision}` for the revision. A function is for names that a target made of them.
 */
export type GoogleLabelValue = string | ((labels: GateLabels) => string)

/** The time series of one metric, with these labels. */
export interface GoogleSeries {
  /** `aiplatform.googleapis.com/prediction/online/prediction_count`. */
  readonly metric: string
  /** The type of the monitored resource: `aiplatform.googleapis.com/Endpoint`. Default: any. */
  readonly resource?: string
  /** `{revision}`, and `{deployment}` or `{name}`, must be used in these or in `resourceLabels`. */
  readonly metricLabels?: Readonly<Record<string, GoogleLabelValue>>
  readonly resourceLabels?: Readonly<Record<string, GoogleLabelValue>>
}

/** Time series of counts. Those of a distribution count its samples. */
export interface GoogleCount extends GoogleSeries {
  /** Default `ALIGN_DELTA`, for the kinds DELTA and CUMULATIVE. */
  readonly align?: 'ALIGN_DELTA' | 'ALIGN_SUM' | 'ALIGN_COUNT' | 'ALIGN_COUNT_TRUE'
}

/** Time series of numbers that cannot be added up. */
export interface GoogleNumber extends GoogleSeries {
  /** How the points of one period become one: `ALIGN_PERCENTILE_99`, `ALIGN_MEAN`. */
  readonly align: GoogleAligner
  /** How several series become one: `REDUCE_MAX`. Without it, several series are an error. */
  readonly reduce?: GoogleReducer
}

export type GoogleMetric = (GoogleRatio | GoogleDistribution | GoogleQuantile | GoogleValue) & {
  /** The length of a period, in seconds: a multiple of 60. Default 60. */
  readonly periodSeconds?: number
  /**
   * The time that one sample of the metric is about, in seconds. So much is left out at both ends of an interval.
   * Default 60, as for all metrics of Vertex AI.
   */
  readonly sampleSeconds?: number
  /** Whether our router measures the numbers. Then the target's replies must tell the revision. Default false. */
  readonly routerMeasured?: boolean
  /** How late the numbers are, in milliseconds, when that is not what the source says of all. */
  readonly delayMs?: number
}

/** `hits` out of `total`, each summed over series and periods: error rates. */
export interface GoogleRatio {
  readonly kind: 'ratio'
  readonly hits: GoogleCount
  readonly total: GoogleCount
  /**
   * What it means when there is a total, and `hits` has no data. `zero`: there were none, as with a metric that is
   * written only when there is an error. Default `no-data`, because a mistake in the labels looks the same.
   */
  readonly noHits?: 'zero' | 'no-data'
}

/** The samples of a metric of distributions, such as latencies, with mean and spread. */
export interface GoogleDistribution {
  readonly kind: 'distribution'
  readonly of: GoogleSeries
  /** What the values are multiplied by. Default 1. */
  readonly scale?: number
}

/** A percentile of a metric of distributions, as exact as its buckets. */
export interface GoogleQuantile {
  readonly kind: 'quantile'
  readonly of: GoogleSeries
  /** Between 0 and 1: 0.95 for the 95th percentile. */
  readonly quantile: number
  /** What the values are multiplied by. Default 1. */
  readonly scale?: number
}

/** One number, from those of the periods. */
export interface GoogleValue {
  readonly kind: 'value'
  readonly value: GoogleNumber
  /** How one number is made of those of the periods. `mean` weighs each period by its `count`, where that is given. */
  readonly over: 'mean' | 'sum' | 'max' | 'min'
  /** How many samples each period has. Without it, gates on the metric cannot ask for a number of samples. */
  readonly count?: GoogleCount
  /** What the values are multiplied by. Default 1. */
  readonly scale?: number
}

export const googleAligners = [
  'ALIGN_DELTA',
  'ALIGN_RATE',
  'ALIGN_INTERPOLATE',
  'ALIGN_NEXT_OLDER',
  'ALIGN_MIN',
  'ALIGN_MAX',
  'ALIGN_MEAN',
  'ALIGN_COUNT',
  'ALIGN_SUM',
  'ALIGN_STDDEV',
  'ALIGN_COUNT_TRUE',
  'ALIGN_COUNT_FALSE',
  'ALIGN_FRACTION_TRUE',
  'ALIGN_PERCENTILE_99',
  'ALIGN_PERCENTILE_95',
  'ALIGN_PERCENTILE_50',
  'ALIGN_PERCENTILE_05',
  'ALIGN_PERCENT_CHANGE',
] as const
export type GoogleAligner = (typeof googleAligners)[number]

export const googleReducers = [
  'REDUCE_MEAN',
  'REDUCE_MIN',
  'REDUCE_MAX',
  'REDUCE_SUM',
  'REDUCE_STDDEV',
  'REDUCE_COUNT',
  'REDUCE_COUNT_TRUE',
  'REDUCE_COUNT_FALSE',
  'REDUCE_FRACTION_TRUE',
  'REDUCE_PERCENTILE_99',
  'REDUCE_PERCENTILE_95',
  'REDUCE_PERCENTILE_50',
  'REDUCE_PERCENTILE_05',
] as const
export type GoogleReducer = (typeof googleReducers)[number]
