import { ModelspineError } from 'modelspine/adapter'
import { type PromqlTemplate, promqlTemplate } from './promql.ts'

/**
 * A metric as an app declares it, by queries. A query that is a selector with `[$range]` and nothing around it is
 * a counter: it is summed over all series, exactly. Any other query must give one number.
 */
export type PrometheusMetric = (
  | RatioQueries
  | ValueQueries
  | DistributionQueries
  | QuantileQueries
  | EventsQueries
) & {
  /**
   * Whether our router measures the numbers. Then the target's replies must tell the revision. Default false.
   */
  readonly routerMeasured?: boolean
  /** How late the numbers are, in milliseconds, when that is not what the source says of all. */
  readonly delayMs?: number
}

/** `hits` out of `total`: error rates. */
export interface RatioQueries {
  readonly kind: 'ratio'
  readonly hits: string
  readonly total: string
  /**
   * What it means when there is a total, and `hits` has no series. `zero`: there were none, as with counters of
   * errors that begin with the first error. Default `no-data`, because a mistake in the query looks the same.
   */
  readonly noHits?: 'zero' | 'no-data'
}

/** A number that Prometheus computes: a percentile, a mean. */
export interface ValueQueries {
  readonly kind: 'value'
  readonly value: string
  /** How many samples the value is made of. Without it, gates on the metric cannot ask for a number of samples. */
  readonly count?: string
  /** Divides a counter by the seconds of the interval. Default false. */
  readonly perSecond?: boolean
}

/** A mean and its spread, from a histogram or a summary. */
export interface DistributionQueries {
  readonly kind: 'distribution'
  readonly count: string
  readonly sum: string
  /**
   * The sum of the squares. Without it, or when it has no series, the spread is not known and the reading is the
   * mean.
   */
  readonly squares?: string
  /** What the values are multiplied by: 1000 makes milliseconds of seconds. Default 1. */
  readonly scale?: number
}

/** A percentile of a histogram, as exact as its buckets. */
export interface QuantileQueries {
  readonly kind: 'quantile'
  /** The counters of the buckets: a selector with `[$range]` and nothing around it. */
  readonly buckets: string
  /** Between 0 and 1: 0.95 for the 95th percentile. */
  readonly quantile: number
  /** What the values are multiplied by. Default 1. */
  readonly scale?: number
}

/** What happened so many times: the metric is the number of events per second. */
export interface EventsQueries {
  readonly kind: 'events'
  /** A counter that goes up by one with each event. Without a series there is no data, and a series that stays is 0. */
  readonly events: string
}

/** A metric whose queries were read. */
export type CheckedMetric = {
  readonly routerMeasured: boolean
  readonly delayMs: number
} & (
  | {
      readonly kind: 'ratio'
      readonly hits: PromqlTemplate
      readonly total: PromqlTemplate
      readonly noHits: 'zero' | 'no-data'
    }
  | {
      readonly kind: 'value'
      readonly value: PromqlTemplate
      readonly count: PromqlTemplate | undefined
      readonly perSecond: boolean
    }
  | {
      readonly kind: 'distribution'
      readonly count: PromqlTemplate
      readonly sum: PromqlTemplate
      readonly squares: PromqlTemplate | undefined
      readonly scale: number
    }
  | {
      readonly kind: 'quantile'
      readonly buckets: PromqlTemplate
      readonly quantile: number
      readonly scale: number
    }
  | { readonly kind: 'events'; readonly events: PromqlTemplate }
)

/** Throws `invalid-options`. */
export function checkMetric(name: string, metric: PrometheusMetric, delayMs: number): CheckedMetric {
  const field = (part: string): string => `metrics["${name}"].${part}`
  const wrong = (part: string, value: unknown, right: string): ModelspineError =>
    new ModelspineError('invalid-options', `${field(part)} is ${String(value)}: give ${right}`)
  const common = { routerMeasured: metric.routerMeasured ?? false, delayMs: metric.delayMs ?? delayMs }
  if (!(Number.isFinite(common.delayMs) && common.delayMs >= 0)) {
    throw wrong('delayMs', common.delayMs, 'milliseconds, 0 or more')
  }
  const read = (part: string, text: string): PromqlTemplate => promqlTemplate(text, field(part))
  const maybe = (part: string, text: string | undefined): PromqlTemplate | undefined =>
    text === undefined ? undefined : read(part, text)
  const checkScale = (scale: number): void => {
    if (!(Number.isFinite(scale) && scale > 0)) throw wrong('scale', scale, 'a number above 0')
  }
  switch (metric.kind) {
    case 'ratio': {
      const { kind, hits, total, noHits = 'no-data' } = metric
      if (noHits !== 'zero' && noHits !== 'no-data') throw wrong('noHits', noHits, '"zero" or "no-data"')
      return { ...common, kind, hits: read('hits', hits), total: read('total', total), noHits }
    }
    case 'value': {
      const { kind, count, perSecond = false } = metric
      const value = read('value', metric.value)
      if (perSecond && !value.isCounter) throw wrong('value', metric.value, 'a counter, or no perSecond')
      return { ...common, kind, value, count: maybe('count', count), perSecond }
    }
    case 'distribution': {
      const { kind, count, sum, squares, scale = 1 } = metric
      checkScale(scale)
      return {
        ...common,
        kind,
        count: read('count', count),
        sum: read('sum', sum),
        squares: maybe('squares', squares),
        scale,
      }
    }
    case 'quantile': {
      const { kind, quantile, scale = 1 } = metric
      checkScale(scale)
      if (!(quantile > 0 && quantile < 1)) throw wrong('quantile', quantile, 'a number between 0 and 1')
      const buckets = read('buckets', metric.buckets)
      if (!buckets.isCounter) throw wrong('buckets', metric.buckets, 'a selector with [$range] alone')
      return { ...common, kind, buckets, quantile, scale }
    }
    case 'events': {
      const events = read('events', metric.events)
      if (!events.isCounter) throw wrong('events', metric.events, 'a selector with [$range] alone')
      return { ...common, kind: metric.kind, events }
    }
    default:
      throw wrong(
        'kind',
        (metric as PrometheusMetric).kind,
        '"ratio", "value", "distribution", "quantile" or "events"',
      )
  }
}
