import { type Interval, type MetricReading, ModelspineError } from 'modelspine/adapter'
import type { CheckedMetric } from './metric-definitions.ts'
import type { QueriedNumbers } from './query-numbers.ts'

/** Rounding and the guesses of `increase()` may make a part larger than the whole, but not by more than this. */
const slack = 0.05
/** Sums of squares come from differences of large sums, which are not exact. */
const rounding = 1e-6

/** Throws `metric-error` for numbers that cannot be true, and for counters whose samples end early. */
export function readingOf(metric: CheckedMetric, queried: QueriedNumbers, asked: Interval): MetricReading {
  const reading = numbersIn(metric, queried, asked)
  if (reading.kind === 'no-data' || reading.covered.toMs >= asked.toMs) return reading
  // What came later is not known, and a revision must not be judged by what it did before.
  const missingS = Math.round((asked.toMs - reading.covered.toMs) / 1000)
  throw new ModelspineError(
    'metric-error',
    `Prometheus has no samples of the last ${missingS} s of the interval: is what it measured still scraped?`,
  )
}

function numbersIn(
  metric: CheckedMetric,
  { covered, numbers, buckets }: QueriedNumbers,
  asked: Interval,
): MetricReading {
  const known = covered ?? asked
  const noData: MetricReading = { kind: 'no-data', ...(covered !== undefined && { covered }) }
  switch (metric.kind) {
    case 'ratio': {
      const total = counted('total', numbers.total)
      if (total === 0) return noData
      const none = metric.noHits === 'zero' ? 0 : undefined
      const given = numbers.hits ?? none
      if (given === undefined) return noData
      const hits = counted('hits', given)
      if (hits > total + Math.max(1, total * slack)) {
        throw impossible(`${hits} hits of ${total}: let total count all that hits counts`)
      }
      return { kind: 'ratio', hits: Math.min(hits, total), total, covered: known }
    }
    case 'value': {
      const { value: given } = numbers
      if (given === undefined) return noData
      const value = metric.perSecond ? (given * 1000) / (known.toMs - known.fromMs) : given
      if (metric.count === undefined) return { kind: 'value', value, covered: known }
      const count = counted('count', numbers.count)
      return count === 0 ? noData : { kind: 'value', value, count, covered: known }
    }
    case 'distribution': {
      const count = counted('count', numbers.count)
      const { sum: given, squares } = numbers
      if (count === 0 || given === undefined) return noData
      const sum = given * metric.scale
      if (squares === undefined) return { kind: 'value', value: sum / count, count, covered: known }
      const least = sum ** 2 / count
      const sumSquares = squares * metric.scale ** 2
      if (sumSquares < least * (1 - rounding)) {
        throw impossible(
          `a sum of squares of ${sumSquares}, which is too small for ${count} values of ${sum}`,
        )
      }
      return { kind: 'distribution', count, sum, sumSquares: Math.max(sumSquares, least), covered: known }
    }
    case 'quantile': {
      const cells = cellsOf(buckets, metric.scale)
      return cells === undefined
        ? noData
        : { kind: 'histogram', quantile: metric.quantile, ...cells, covered: known }
    }
    case 'events': {
      const exposureMs = known.toMs - known.fromMs
      if (numbers.events === undefined || exposureMs <= 0) return noData
      return { kind: 'events', events: counted('events', numbers.events), exposureMs, covered: known }
    }
  }
}

/**
 * The counts of the cells, from counts by the upper end, each of which includes those of the buckets below it.
 * Undefined when nothing was counted.
 */
function cellsOf(
  buckets: ReadonlyMap<number, number>,
  scale: number,
): { readonly bounds: readonly number[]; readonly counts: readonly number[] } | undefined {
  const sorted = [...buckets].sort(([left], [right]) => left - right)
  let below = 0
  const counts = sorted.map(([, count]) => {
    // Series that are not scraped together may be a little out of step.
    const upTo = Math.max(below, counted('bucket', count))
    const inside = upTo - below
    below = upTo
    return inside
  })
  return below === 0 ? undefined : { bounds: sorted.slice(0, -1).map(([end]) => end * scale), counts }
}

/** The guesses of `increase()` are not whole. */
function counted(what: string, value: number | undefined): number {
  if (value !== undefined && value < 0) throw impossible(`a ${what} of ${value}`)
  return Math.round(value ?? 0)
}

function impossible(what: string): ModelspineError {
  return new ModelspineError('metric-error', `Prometheus answered ${what}`)
}
