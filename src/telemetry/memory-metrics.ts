import type { Clock } from '../clock.ts'
import { ModelspineError, throwIfAborted } from '../errors.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type { Interval, MetricQuery, MetricReading, NamedMetricSource, ReadingContext } from './contract.ts'

/** One measurement. Its value is true or false for a ratio, and a number for a distribution. */
export interface MemorySample {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly value: boolean | number
  /** Whether another revision had failed its request before. Readings tell how many, where a sample says so. */
  readonly retried?: boolean
}

/** How a metric is answered when its values alone do not say it. */
export type MemoryReading =
  | {
      readonly kind: 'histogram'
      /** Above 0 and below 1. */
      readonly quantile: number
      /** Ascending, one at least. */
      readonly bounds: readonly number[]
    }
  /** Each sample is an event. Its value is not read. */
  | { readonly kind: 'events' }

export interface MemoryMetricsOptions {
  /** The names of all metrics that the source has. A query for another metric is refused. */
  readonly metrics: readonly string[]
  /** By metric. Default: a ratio if all values of an interval are true or false, otherwise a distribution. */
  readonly readings?: Readonly<Record<string, MemoryReading>>
  /** The source has no data from before this time, in milliseconds since the epoch. Default 0. */
  readonly beganMs?: number
  /** The most samples that are kept. When there are more, the oldest samples are dropped. Default 100,000. */
  readonly maxSamples?: number
  /** Makes the source late, as vendors are: it shows a sample only this long after the sample's time. */
  readonly late?: { readonly delayMs: number; readonly clock: Clock }
}

export interface MemoryMetrics extends NamedMetricSource {
  query(query: MetricQuery): MetricReading
  add(...samples: readonly MemorySample[]): void
  /**
   * From now on every query throws this error, or a `metric-error` with this text. `undefined` makes queries
   * work again.
   */
  fail(error: Error | string | undefined): void
  /** The queries so far, but only the newest 1,000. */
  readonly queries: readonly MetricQuery[]
}

/**
 * A source in memory, for tests and for trying out gates. It answers exactly from the samples that it was
 * given. A sample counts for a query when it has all the labels of the query.
 */
export function memoryMetrics(options: MemoryMetricsOptions): MemoryMetrics {
  const { metrics, readings = {}, beganMs = 0, maxSamples = 100_000, late } = options
  checkReadings(readings)
  const samples: MemorySample[] = []
  const queries: MetricQuery[] = []
  let failure: Error | undefined
  return {
    capabilities(metric) {
      if (!metrics.includes(metric)) throw unknownMetric(metric, metrics)
      return { counts: true, routerMeasured: false, delayMs: late?.delayMs ?? 0 }
    },
    metrics,
    queries,
    add(...added) {
      for (const sample of added) {
        if (!metrics.includes(sample.metric)) throw unknownMetric(sample.metric, metrics)
        samples.push(sample)
      }
      if (samples.length > maxSamples) samples.splice(0, samples.length - maxSamples)
    },
    fail(error) {
      failure = typeof error === 'string' ? new ModelspineError('metric-error', error) : error
    },
    query(query) {
      queries.push(query)
      if (queries.length > 1000) queries.shift()
      throwIfAborted(query.abortSignal, `the query of ${query.metric}`)
      if (failure !== undefined) throw failure
      if (!metrics.includes(query.metric)) throw unknownMetric(query.metric, metrics)
      const fromMs = Math.max(query.interval.fromMs, beganMs)
      const covered = { fromMs, toMs: Math.max(fromMs, query.interval.toMs) }
      const shownUntilMs = late === undefined ? Infinity : late.clock.now() - late.delayMs
      const shown = samples.filter((sample) => sample.atMs <= shownUntilMs && counts(sample, query, covered))
      const told = shown.filter(({ retried }) => retried !== undefined)
      const retried = told.length === 0 ? {} : { retried: told.filter((sample) => sample.retried).length }
      const values = shown.map(({ value }) => value)
      return readingOf(values, { covered, ...retried }, readings[query.metric])
    },
  }
}

function counts(sample: MemorySample, { metric, labels }: MetricQuery, covered: Interval): boolean {
  return (
    sample.metric === metric &&
    sample.atMs >= covered.fromMs &&
    sample.atMs < covered.toMs &&
    Object.entries(labels).every(([name, value]) => sample.labels[name] === value)
  )
}

function readingOf(
  values: readonly (boolean | number)[],
  context: ReadingContext,
  as: MemoryReading | undefined,
): MetricReading {
  const { covered } = context
  const exposureMs = covered.toMs - covered.fromMs
  if (as?.kind === 'events' && exposureMs > 0) {
    return { kind: 'events', events: values.length, exposureMs, ...context }
  }
  if (values.length === 0) return { kind: 'no-data', covered }
  if (as?.kind === 'histogram') {
    const counts = as.bounds.concat(0).map(() => 0)
    for (const value of values) {
      const cell = as.bounds.findIndex((bound) => Number(value) <= bound)
      counts[cell < 0 ? as.bounds.length : cell] = (counts.at(cell) as number) + 1
    }
    return { ...as, counts, ...context }
  }
  if (values.every((value) => typeof value === 'boolean')) {
    return { kind: 'ratio', hits: values.filter((value) => value).length, total: values.length, ...context }
  }
  let [sum, sumSquares] = [0, 0]
  for (const value of values) {
    sum += Number(value)
    sumSquares += Number(value) ** 2
  }
  return { kind: 'distribution', count: values.length, sum, sumSquares, ...context }
}

function checkReadings(readings: Readonly<Record<string, MemoryReading>>): void {
  for (const [metric, reading] of Object.entries(readings)) {
    if (reading.kind !== 'histogram') continue
    const { quantile, bounds } = reading
    if (!(quantile > 0 && quantile < 1)) throw wrong(metric, 'quantile', quantile, 'a number between 0 and 1')
    const isRising = bounds.every((bound, place) => bound > (bounds[place - 1] ?? Number.NEGATIVE_INFINITY))
    if (bounds.length === 0 || !isRising)
      throw wrong(metric, 'bounds', `[${bounds}]`, 'ascending numbers, one at least')
  }
}

function wrong(metric: string, field: string, value: unknown, right: string): ModelspineError {
  return new ModelspineError('invalid-options', `readings["${metric}"].${field} is ${value}: give ${right}`)
}
