import {
  type MetricReading,
  ModelspineError,
  type NamedMetricSource,
  throwIfAborted,
  unknownMetric,
} from 'modelspine/adapter'
import { asMetricError, gateLabels } from '../shared/gate-questions.ts'
import { createVendorClient, type VendorConnection } from '../shared/vendor-client.ts'
import { type CheckedMetric, checkMetric, type PrometheusMetric } from './metric-definitions.ts'
import { prometheusWords } from './prometheus-errors.ts'
import { type MetricQueries, queryNumbers } from './query-numbers.ts'
import { readingOf } from './reading-of.ts'

export interface PrometheusMetricsOptions extends VendorConnection {
  /** By the names that gates write. */
  readonly metrics: Readonly<Record<string, PrometheusMetric>>
  /** How often Prometheus scrapes what the queries read, in milliseconds. Default 15,000. */
  readonly scrapeMs?: number
  /**
   * How late the numbers are, in milliseconds: a scrape must have been made, and must have arrived where the
   * queries go. Default `scrapeMs`.
   */
  readonly delayMs?: number
}

/**
 * A metric source over Prometheus, or over what speaks its query API, such as Thanos, Mimir and VictoriaMetrics.
 * Connects nothing before the first query. Throws `invalid-options`.
 */
export function prometheusMetrics(options: PrometheusMetricsOptions): NamedMetricSource {
  const { metrics: declared, scrapeMs = 15_000, delayMs = scrapeMs, ...connection } = options
  if (!(Number.isFinite(scrapeMs) && scrapeMs > 0)) {
    throw new ModelspineError('invalid-options', `scrapeMs is ${scrapeMs}: give milliseconds above 0`)
  }
  const checked = new Map(
    Object.entries(declared).map(([name, metric]) => [name, checkMetric(name, metric, delayMs)]),
  )
  const names = [...checked.keys()]
  const client = createVendorClient(connection, prometheusWords)

  const find = (name: string): CheckedMetric => {
    const metric = checked.get(name)
    if (metric === undefined) throw unknownMetric(name, names)
    return metric
  }

  return {
    metrics: names,
    capabilities(name) {
      const metric = find(name)
      const counts = metric.kind !== 'value' || metric.count !== undefined
      return { counts, routerMeasured: metric.routerMeasured, delayMs: metric.delayMs }
    },
    async query(query): Promise<MetricReading> {
      throwIfAborted(query.abortSignal, `the query of ${query.metric}`)
      const metric = find(query.metric)
      const labels = gateLabels(query)
      const { abortSignal } = query
      const interval = {
        fromMs: Math.ceil(query.interval.fromMs),
        toMs: Math.floor(query.interval.toMs),
      }
      // A range of PromQL has a length.
      if (interval.toMs - interval.fromMs < 2) return { kind: 'no-data' }
      try {
        const question = { labels, interval, scrapeMs, abortSignal }
        return readingOf(metric, await queryNumbers(client, queriesOf(metric), question), interval)
      } catch (error) {
        throw asMetricError(error, 'Prometheus')
      }
    },
    close: () => client.close(),
  }
}

function queriesOf(metric: CheckedMetric): MetricQueries {
  switch (metric.kind) {
    case 'ratio':
      return { hits: metric.hits, total: metric.total }
    case 'value':
      return { value: metric.value, count: metric.count }
    case 'distribution':
      return { count: metric.count, sum: metric.sum, squares: metric.squares }
    case 'quantile':
      return { buckets: metric.buckets }
    case 'events':
      return { events: metric.events }
  }
}
