import { type Interval, type MetricReading, ModelspineError } from 'modelspine/adapter'
import type { PeriodicMetric } from './check-metric.ts'
import type { PeriodNumbers } from './cloudwatch-api.ts'

type Numbers = ReadonlyMap<string, PeriodNumbers>

/** What the numbers of the periods say together. Throws `metric-error` for numbers that cannot be true. */
export function readingOf(
  { combining, parts }: PeriodicMetric,
  all: Numbers,
  covered: Interval,
): MetricReading {
  const noData: MetricReading = { kind: 'no-data', covered }
  const of = (part: string): PeriodNumbers => within(all.get(part), covered)
  switch (combining.kind) {
    case 'ratio': {
      const total = counted('total', of('total'))
      const hits = of('hits')
      if (total === 0 || (hits.size === 0 && combining.noHits === 'no-data')) return noData
      const found = counted('hits', hits)
      if (found > total) throw impossible(`${found} hits of ${total}: let total count all that hits counts`)
      return { kind: 'ratio', hits: found, total, covered }
    }
    case 'mean': {
      const count = counted('count', of('count'))
      const sum = of('sum')
      if (count === 0 || sum.size === 0) return noData
      return { kind: 'value', value: (sumOf(sum) * combining.scale) / count, count, covered }
    }
    case 'value': {
      const counts = 'count' in parts ? of('count') : undefined
      const count = counts && counted('count', counts)
      const value = combined(of('value'), combining.over, counts)
      if (value === undefined || count === 0) return noData
      return { kind: 'value', value: value * combining.scale, ...(count !== undefined && { count }), covered }
    }
  }
}

/** CloudWatch rounds the times of a question, so it may answer with more than was asked. */
function within(points: PeriodNumbers = new Map(), { fromMs, toMs }: Interval): PeriodNumbers {
  return new Map([...points].filter(([atMs]) => atMs >= fromMs && atMs < toMs))
}

/** Sums of counts. They come as floating-point numbers. */
function counted(part: string, points: PeriodNumbers): number {
  const sum = sumOf(points)
  if (sum < 0) throw impossible(`a ${part} of ${sum}`)
  return Math.round(sum)
}

function combined(
  points: PeriodNumbers,
  over: 'mean' | 'sum' | 'max' | 'min',
  counts: PeriodNumbers | undefined,
): number | undefined {
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

function sumOf(points: PeriodNumbers): number {
  let sum = 0
  for (const value of points.values()) sum += value
  return sum
}

function impossible(what: string): ModelspineError {
  return new ModelspineError('metric-error', `CloudWatch answered ${what}`)
}
