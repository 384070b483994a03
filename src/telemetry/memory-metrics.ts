import { ModelspineError, throwIfAborted } from '../errors.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type { Interval, MetricQuery, MetricReading, NamedMetricSource } from './contract.ts'

/** One measurement: true or false for a ratio, a number for a distribution. */
export interface MemorySample {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly value: boolean | number
}

export interface MemoryMetricsOptions {
  /** Everything it knows; other metrics are refused. */
  readonly metrics: readonly string[]
  /** Nothing is known of what was before, milliseconds since the epoch; 0 when left out. */
  readonly beganMs?: number
  /** Samples that are kept; the oldest ones go first. Default 100,000. */
  readonly maxSamples?: number
}

export interface MemoryMetrics extends NamedMetricSource {
  query(query: MetricQuery): MetricReading
  add(...samples: readonly MemorySample[]): void
  /** Every query throws this from now on, or a `metric-error`; undefined ends that. */
  fail(error: Error | string | undefined): void
  /** All queries so far, the newest 1,000. */
  readonly queries: readonly MetricQuery[]
}

/**
 * A scripted source, for tests and for trying out gates: it answers exactly from the samples it was given. A sample
 * counts for a query when it carries all the labels asked for.
 */
export function memoryMetrics(options: MemoryMetricsOptions): MemoryMetrics {
  const { metrics, beganMs = 0, maxSamples = 100_000 } = options
  const samples: MemorySample[] = []
  const queries: MetricQuery[] = []
  let failure: Error | undefined
  return {
    capabilities: { counts: true, routerMeasured: false },
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
      return readingOf(
        samples.filter((sample) => counts(sample, query, covered)).map(({ value }) => value),
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
