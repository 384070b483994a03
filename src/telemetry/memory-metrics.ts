import type { Clock } from '../clock.ts'
import { ModelspineError, throwIfAborted } from '../errors.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type { Interval, MetricQuery, MetricReading, NamedMetricSource } from './contract.ts'

/** One measurement. Its value is true or false for a ratio, and a number for a distribution. */
export interface MemorySample {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly value: boolean | number
}

export interface MemoryMetricsOptions {
  /** The names of all metrics that the source has. A query for another metric is refused. */
  readonly metrics: readonly string[]
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
  const { metrics, beganMs = 0, maxSamples = 100_000, late } = options
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
      return readingOf(
        shown.map(({ value }) => value),
        covered,
      )
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

function readingOf(values: readonly (boolean | number)[], covered: Interval): MetricReading {
  if (values.length === 0) return { kind: 'no-data', covered }
  if (values.every((value) => typeof value === 'boolean')) {
    return { kind: 'ratio', hits: values.filter((value) => value).length, total: values.length, covered }
  }
  let [sum, sumSquares] = [0, 0]
  for (const value of values) {
    sum += Number(value)
    sumSquares += Number(value) ** 2
  }
  return { kind: 'distribution', count: values.length, sum, sumSquares, covered }
}
