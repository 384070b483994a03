import {
  type Interval,
  isModelspineError,
  type Key,
  type MetricQuery,
  type MetricReading,
  ModelspineError,
  messageOf,
  type NamedMetricSource,
  throwIfAborted,
  unknownMetric,
} from 'modelspine/adapter'
import { createVendorClient, type VendorConnection } from '../shared/vendor-client.ts'
import { counterGrowth, targetsInDoubt } from './counter-growth.ts'
import { type CheckedMetric, checkMetric, type PrometheusMetric } from './metric-definitions.ts'
import { type InstantSeries, type QueryResult, queryPrometheus, type RangeSeries } from './prometheus-api.ts'
import { prometheusWords } from './prometheus-errors.ts'
import { type PromqlTemplate, type PromqlValues, upQuery } from './promql.ts'
import { type QueriedNumbers, readingOf } from './reading-of.ts'

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

/** The text of a query, by its name in the metric. */
type Queries = Readonly<Record<string, PromqlTemplate | undefined>>

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

  const measure = async (queries: Queries, question: Question): Promise<QueriedNumbers> => {
    const { interval, abortSignal } = question
    const lengthMs = interval.toMs - interval.fromMs
    /** Both ends of a range are in it. In Prometheus 3 its begin is not, so counters reach one further back. */
    const counterRange = { rangeMs: lengthMs + 1, end: secondsOf(interval.toMs) }
    const numberRange = { rangeMs: lengthMs - 1, end: secondsOf(interval.toMs - 1) }
    const ask = (query: string, time: string): Promise<QueryResult> =>
      queryPrometheus(client, { query, time, abortSignal })
    const asked = new Map<string, Promise<QueryResult>>()
    const results = await Promise.all(
      Object.entries(queries).flatMap(([part, template]) => {
        if (template === undefined) return []
        const range = template.isCounter ? counterRange : numberRange
        const query = template.render({ ...question.labels, ...range })
        const answer = asked.get(query) ?? ask(query, range.end)
        asked.set(query, answer)
        return [answer.then((result) => ({ part, template, result }))]
      }),
    )
    const counters = results.flatMap(({ part, template, result }) =>
      template.isCounter ? [{ part, series: rangesOf(result, part) }] : [],
    )
    const lists = counters.map(({ series }) => series)
    const growing = { interval, scrapeMs }
    const targets = targetsInDoubt(lists, growing)
    const { rangeMs, end } = counterRange
    const scrapes = targets.length === 0 ? [] : rangesOf(await ask(upQuery(targets, rangeMs), end), 'up')
    const growth = counterGrowth(lists, scrapes, growing)
    const numbers = results.flatMap(({ part, template, result }) =>
      template.isCounter ? [] : [[part, numberOf(result, part)] as const],
    )
    const sums = counters.map(({ part, series }, place) => [
      part,
      series.length === 0 ? undefined : growth?.sums[place],
    ])
    return { covered: growth?.covered, numbers: Object.fromEntries([...numbers, ...sums]) }
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
      const labels = labelsOf(query)
      const { abortSignal } = query
      const interval = {
        fromMs: Math.ceil(query.interval.fromMs),
        toMs: Math.floor(query.interval.toMs),
      }
      // A range of PromQL has a length.
      if (interval.toMs - interval.fromMs < 2) return { kind: 'no-data' }
      try {
        const measured = await measure(queriesOf(metric), { labels, interval, abortSignal })
        return readingOf(metric, measured, interval)
      } catch (error) {
        throw asMetricError(error)
      }
    },
    close: () => client.close(),
  }
}

interface Question {
  readonly labels: Pick<PromqlValues, 'deployment' | 'revision'>
  readonly interval: Interval
  readonly abortSignal: AbortSignal | undefined
}

function labelsOf({ metric, labels }: MetricQuery): Question['labels'] {
  const { deployment, revision, ...others } = labels
  const [unknown] = Object.keys(others)
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('metric-error', `${metric}: ${why}`, { retryable: false })
  if (unknown !== undefined) {
    throw wrong(`label "${unknown}" is not known. Known: deployment, revision.`)
  }
  if (deployment === undefined || !/^[^/]+\/[^/]+$/.test(deployment)) {
    throw wrong(`label deployment is "${deployment}": give namespace/name`)
  }
  if (revision === undefined || revision === '') throw wrong('label revision is missing')
  return { deployment: deployment as Key, revision }
}

function queriesOf(metric: CheckedMetric): Queries {
  switch (metric.kind) {
    case 'ratio':
      return { hits: metric.hits, total: metric.total }
    case 'value':
      return { value: metric.value, count: metric.count }
    case 'distribution':
      return { count: metric.count, sum: metric.sum, squares: metric.squares }
  }
}

function rangesOf(result: QueryResult, part: string): readonly RangeSeries[] {
  if (result.kind === 'matrix') return result.series
  throw new ModelspineError('metric-error', `Prometheus answered ${part} with no samples`, {
    retryable: false,
  })
}

/** The one number of a query. Undefined when there is no data, which is an empty answer or NaN. */
function numberOf(result: QueryResult, part: string): number | undefined {
  const wrong = (why: string, retryable: boolean): ModelspineError =>
    new ModelspineError('metric-error', `${part} ${why}`, { retryable })
  if (result.kind === 'matrix') {
    throw wrong('is a range of samples: write a selector with [$range] alone, or a function around it', false)
  }
  if (result.series.length > 1) {
    throw wrong(
      `has ${result.series.length} series, so add sum(…) or the like: ${shown(result.series)}`,
      false,
    )
  }
  const value = result.series[0]?.point.value
  if (value === undefined || Number.isNaN(value)) return undefined
  if (Number.isFinite(value)) return value
  throw wrong(`is ${value}, which is no number to judge by`, true)
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3)
}

/** At most this many series stand in a message. */
const mostShown = 5

function shown(series: readonly InstantSeries[]): string {
  const texts = series.slice(0, mostShown).map(({ labels }) => JSON.stringify(labels))
  return series.length > mostShown
    ? `${texts.join(', ')} and ${series.length - mostShown} more`
    : texts.join(', ')
}

/** Only what asks for a credential throws anything else. */
function asMetricError(error: unknown): unknown {
  if (isModelspineError(error, 'metric-error') || isModelspineError(error, 'aborted')) return error
  const retryable = isModelspineError(error) ? error.retryable : true
  return new ModelspineError('metric-error', `Prometheus: ${messageOf(error)}`, { cause: error, retryable })
}
