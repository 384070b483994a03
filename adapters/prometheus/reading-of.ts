import { type Interval, type MetricReading, ModelspineError } from 'modelspine/adapter'
import { histogramQuantile } from './histogram-quantile.ts'
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
      const found = histogramQuantile(buckets, metric.quantile)
      if (found === undefined) return noData
      return { kind: 'value', value: found.value * metric.scale, count: found.count, covered: known }
    }
  }
}

/** The guesses of `increase()` are not whole. */
function counted(what: string, value: number | undefined): number {
  if (value !== undefined && value < 0) throw impossible(`a ${what} of ${value}`)
  return Math.round(value ?? 0)
}

function impossible(what: string): ModelspineError {
  return new ModelspineError('metric-error', `Prometheus answered ${what}`)
}
