import { type Interval, ModelspineError } from 'modelspine/adapter'
import type { VendorClient } from '../shared/vendor-client.ts'
import { counterGrowth, targetsInDoubt } from './counter-growth.ts'
import { type InstantSeries, type QueryResult, queryPrometheus, type RangeSeries } from './prometheus-api.ts'
import { type PromqlTemplate, type PromqlValues, upQuery } from './promql.ts'

/** The queries of a metric, by their part in it. `buckets` are those of a histogram. */
export type MetricQueries = Readonly<Record<string, PromqlTemplate | undefined>>

/** The numbers that a metric's queries gave. Undefined where a query had no data. */
export interface QueriedNumbers {
  /** What the counters among them cover. Undefined when there is none, or none with a sample. */
  readonly covered: Interval | undefined
  readonly numbers: Readonly<Record<string, number | undefined>>
  /** What each bucket of `buckets` grew by, by its upper end. */
  readonly buckets: ReadonlyMap<number, number>
}

export interface NumbersQuestion {
  readonly labels: Pick<PromqlValues, 'deployment' | 'revision'>
  /** In whole milliseconds. */
  readonly interval: Interval
  /** How often counters are scraped, at most. */
  readonly scrapeMs: number
  readonly abortSignal: AbortSignal | undefined
}

/** Throws `metric-error` and `aborted`. */
export async function queryNumbers(
  client: VendorClient,
  queries: MetricQueries,
  question: NumbersQuestion,
): Promise<QueriedNumbers> {
  const { labels, interval, abortSignal } = question
  const lengthMs = interval.toMs - interval.fromMs
  /** Both ends of a range are in it. In Prometheus 3 its begin is not, so counters reach one further back. */
  const counterRange = { rangeMs: lengthMs + 1, end: secondsOf(interval.toMs) }
  const numberRange = { rangeMs: lengthMs - 1, end: secondsOf(interval.toMs - 1) }
  const asked = new Map<string, Promise<QueryResult>>()
  const ask = (query: string, time: string): Promise<QueryResult> => {
    const answer = asked.get(query) ?? queryPrometheus(client, { query, time, abortSignal })
    asked.set(query, answer)
    return answer
  }
  const results = await Promise.all(
    Object.entries(queries).flatMap(([part, template]) => {
      if (template === undefined) return []
      const range = template.isCounter ? counterRange : numberRange
      const answer = ask(template.render({ ...labels, ...range }), range.end)
      return [answer.then((result) => ({ part, isCounter: template.isCounter, result }))]
    }),
  )
  const counters = results
    .filter(({ isCounter }) => isCounter)
    .map(({ part, result }) => ({ part, series: rangesOf(result, part) }))
  const plain = counters.filter(({ part }) => part !== 'buckets')
  const buckets = bucketsOf(counters.find(({ part }) => part === 'buckets')?.series ?? [])
  const lists = [...plain.map(({ series }) => series), ...buckets.values()]
  const targets = targetsInDoubt(lists, question)
  const { rangeMs, end } = counterRange
  const scrapes = targets.length === 0 ? [] : rangesOf(await ask(upQuery(targets, rangeMs), end), 'up')
  const growth = counterGrowth(lists, scrapes, question)
  const sums = growth?.sums ?? []
  return {
    covered: growth?.covered,
    numbers: Object.fromEntries([
      ...results
        .filter(({ isCounter }) => !isCounter)
        .map(({ part, result }) => [part, numberOf(result, part)]),
      ...plain.map(({ part, series }, place) => [part, series.length === 0 ? undefined : sums[place]]),
    ]),
    buckets: new Map([...buckets.keys()].map((end, place) => [end, sums[plain.length + place] ?? 0])),
  }
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function bucketsOf(series: readonly RangeSeries[]): ReadonlyMap<number, readonly RangeSeries[]> {
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('metric-error', `buckets ${why}: select all buckets of a histogram`, {
      retryable: false,
    })
  const buckets = new Map<number, RangeSeries[]>()
  for (const each of series) {
    const { le = '' } = each.labels
    const end = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le === '' ? Number.NaN : le)
    if (Number.isNaN(end)) throw wrong('has a series without the label le')
    buckets.set(end, [...(buckets.get(end) ?? []), each])
  }
  if (buckets.size > 0 && !buckets.has(Number.POSITIVE_INFINITY)) throw wrong('has no series with le="+Inf"')
  if (buckets.size === 1) throw wrong('has le="+Inf" alone')
  return buckets
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

/** At most this many series stand in a message. */
const mostShown = 5

function shown(series: readonly InstantSeries[]): string {
  const texts = series.slice(0, mostShown).map(({ labels }) => JSON.stringify(labels))
  return series.length > mostShown
    ? `${texts.join(', ')} and ${series.length - mostShown} more`
    : texts.join(', ')
}
