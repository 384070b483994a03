import { type Interval, type MetricReading, ModelspineError } from 'modelspine/adapter'

/** The numbers of one series, by the time at which their period begins. */
export type PeriodNumbers = ReadonlyMap<number, number>

/** How one number is made of those of the periods. */
export type Over = (typeof overs)[number]
export const overs = ['mean', 'sum', 'max', 'min'] as const

/** Only the periods that begin in the interval. Vendors round the times of a question, and may answer with more. */
export function within(points: PeriodNumbers = new Map(), { fromMs, toMs }: Interval): PeriodNumbers {
  return new Map([...points].filter(([atMs]) => atMs >= fromMs && atMs < toMs))
}

/** Sums of counts. They come as floating-point numbers. Throws `metric-error` for a sum that cannot be true. */
export function counted(vendor: string, part: string, points: PeriodNumbers): number {
  const sum = sumOf(points)
  if (sum < 0) throw impossible(vendor, `a ${part} of ${sum}`)
  return Math.round(sum)
}

export function noData(covered: Interval): MetricReading {
  return { kind: 'no-data', covered }
}

/** Hits out of a total, each summed. Without data of hits there are none, or nothing is known: `noHits` says which. */
export function ratioReading(
  vendor: string,
  hits: PeriodNumbers,
  all: PeriodNumbers,
  noHits: 'zero' | 'no-data',
  covered: Interval,
): MetricReading {
  const total = counted(vendor, 'total', all)
  if (total === 0 || (hits.size === 0 && noHits === 'no-data')) return noData(covered)
  const found = counted(vendor, 'hits', hits)
  if (found > total)
    throw impossible(vendor, `${found} hits of ${total}: let total count all that hits counts`)
  return { kind: 'ratio', hits: found, total, covered }
}

export function valueReading(
  vendor: string,
  values: PeriodNumbers,
  counts: PeriodNumbers | undefined,
  { over, scale }: { readonly over: Over; readonly scale: number },
  covered: Interval,
): MetricReading {
  const count = counts && counted(vendor, 'count', counts)
  const value = combined(values, over, counts)
  if (value === undefined || count === 0) return noData(covered)
  return { kind: 'value', value: value * scale, ...(count !== undefined && { count }), covered }
}

/** Undefined where there is nothing to combine. A mean weighs each period by its count, where there are counts. */
function combined(points: PeriodNumbers, over: Over, counts: PeriodNumbers | undefined): number | undefined {
  if (points.size === 0) return undefined
  switch (over) {
    case 'sum':
      return sumOf(points)
    case 'max':
      return Math.max(...points.values())
    case 'min':
      return Math.min(...points.values())
    case 'mean': {
      const weightOf = (atMs: number): number => (counts === undefined ? 1 : (counts.get(atMs) ?? 0))
      const weights = new Map([...points.keys()].map((atMs) => [atMs, weightOf(atMs)]))
      const weight = sumOf(weights)
      if (weight === 0) return undefined
      return [...points].reduce((sum, [atMs, value]) => sum + value * weightOf(atMs), 0) / weight
    }
  }
}

export function sumOf(points: PeriodNumbers): number {
  let sum = 0
  for (const value of points.values()) sum += value
  return sum
}

/** `metric-error` for an answer that cannot be true. */
function impossible(vendor: string, what: string): ModelspineError {
  return new ModelspineError('metric-error', `${vendor} answered ${what}`)
}
