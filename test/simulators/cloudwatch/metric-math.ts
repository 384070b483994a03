import type { Interval } from 'modelspine/adapter'

/** One measurement of one metric. */
export interface Datum {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly atMs: number
  readonly value: number
  readonly unit?: string
}

export interface MetricDataQuery {
  readonly Id: string
  readonly Expression?: string
  readonly ReturnData?: boolean
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string
      readonly MetricName: string
      readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
    }
    readonly Period: number
    readonly Stat: string
    readonly Unit?: string
  }
}

type Points = ReadonlyMap<number, number>

/** The data points of one query. Expressions know `+`, `-` and `/` between two names, and FILL(name, number). */
export function evaluate(
  id: string,
  queries: readonly MetricDataQuery[],
  data: readonly Datum[],
  interval: Interval,
): Points {
  const query = queries.find(({ Id }) => Id === id)
  if (query === undefined) throw new Error(`the expression knows no ${id}`)
  const { MetricStat, Expression = '' } = query
  if (MetricStat !== undefined) return statistic(MetricStat, data, interval)
  const of = (name: string): Points => evaluate(name, queries, data, interval)
  const [, filled, by] = /^FILL\((\w+), (\d+)\)$/.exec(Expression) ?? []
  if (filled !== undefined) {
    const points = of(filled)
    const times = Array.from(
      { length: (interval.toMs - interval.fromMs) / 60_000 },
      (_, place) => interval.fromMs + place * 60_000,
    )
    return new Map(times.map((atMs) => [atMs, points.get(atMs) ?? Number(by)]))
  }
  const [, left = '', operator, right = ''] = /^(\w+) ([-+/]) (\w+)$/.exec(Expression) ?? []
  const rights = of(right)
  return new Map(
    [...of(left)].flatMap(([atMs, value]) => {
      const other = rights.get(atMs)
      if (other === undefined) return []
      const result = operator === '+' ? value + other : operator === '-' ? value - other : value / other
      // Data points that are no numbers are left out.
      return Number.isFinite(result) ? [[atMs, result] as const] : []
    }),
  )
}

function statistic(
  { Metric, Period, Stat, Unit }: NonNullable<MetricDataQuery['MetricStat']>,
  data: readonly Datum[],
  { fromMs, toMs }: Interval,
): Points {
  const wanted = Metric.Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)
    .sort()
    .join()
  const periodMs = Period * 1000
  const periods = new Map<number, number[]>()
  for (const { namespace, metric, dimensions, atMs, value, unit } of data) {
    const has = Object.entries(dimensions)
      .map((pair) => pair.join('='))
      .sort()
      .join()
    const isMetric = namespace === Metric.Namespace && metric === Metric.MetricName && has === wanted
    const beginMs = Math.floor(atMs / periodMs) * periodMs
    if (!isMetric || (Unit !== undefined && Unit !== unit) || beginMs < fromMs || beginMs >= toMs) continue
    periods.set(beginMs, [...(periods.get(beginMs) ?? []), value])
  }
  return new Map([...periods].map(([atMs, values]) => [atMs, statisticOf(Stat, values)]))
}

function statisticOf(stat: string, values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0)
  switch (stat) {
    case 'Sum':
      return sum
    case 'SampleCount':
      return values.length
    case 'Average':
      return sum / values.length
    case 'Maximum':
      return Math.max(...values)
    case 'Minimum':
      return Math.min(...values)
    default:
      throw new Error(`the simulator has no statistic ${stat}`)
  }
}
