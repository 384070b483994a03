import type { MetricReading } from '../../../telemetry/contract.ts'

/** Sums of many numbers are rounded, and squares of the smallest ones have few digits. */
const rounding = 1e-6
const smallest = 1e-300

type Data = Exclude<MetricReading, { kind: 'no-data' }>

/**
 * What in a reading cannot be so, with the field, its value and what would be right. Undefined for sums that samples can
 * have. No test holds for others.
 */
export function impossibleSums(reading: Data): string | undefined {
  switch (reading.kind) {
    case 'ratio': {
      const { hits, total } = reading
      return (
        unlessCount('total', total) ??
        unlessCount('hits', hits) ??
        (hits > total ? `hits is ${hits} and total is ${total}: hits are at most total` : undefined)
      )
    }
    case 'distribution':
      return (
        unlessCount('count', reading.count) ??
        unlessFinite('sum', reading.sum) ??
        unlessCount('sumSquares', reading.sumSquares) ??
        tooFewSquares(reading)
      )
    case 'histogram':
      return histogramFault(reading)
    case 'events':
      return (
        unlessCount('events', reading.events) ??
        (reading.exposureMs > 0 && Number.isFinite(reading.exposureMs)
          ? undefined
          : `exposureMs is ${reading.exposureMs}: it is a number above 0`)
      )
    case 'value':
      return reading.count === undefined ? undefined : unlessCount('count', reading.count)
  }
}

/** The mean of squares is never below the square of the mean. */
function tooFewSquares({
  count,
  sum,
  sumSquares,
}: Extract<Data, { kind: 'distribution' }>): string | undefined {
  if (count === 0) {
    return sum === 0 && sumSquares === 0
      ? undefined
      : `count is 0, and sum is ${sum}: without samples all sums are 0`
  }
  const least = (sum * sum) / count
  return sumSquares >= least * (1 - rounding) - smallest
    ? undefined
    : `sumSquares is ${sumSquares}, and ${count} samples with the sum ${sum} have ${least} at least`
}

function histogramFault({
  quantile,
  bounds,
  counts,
}: Extract<Data, { kind: 'histogram' }>): string | undefined {
  if (!(quantile > 0 && quantile < 1)) return `quantile is ${quantile}: it lies between 0 and 1`
  if (bounds.length === 0) return 'bounds has no number: it has one at least'
  if (counts.length !== bounds.length + 1) {
    return `counts has ${counts.length} numbers and bounds has ${bounds.length}: counts has one more than bounds`
  }
  const bound = bounds.findIndex(
    (each, place) => !Number.isFinite(each) || each <= (bounds[place - 1] ?? Number.NEGATIVE_INFINITY),
  )
  if (bound >= 0) return `bounds[${bound}] is ${bounds[bound]}: bounds are finite and ascend`
  const count = counts.findIndex((each) => !isCount(each))
  return count < 0 ? undefined : unlessCount(`counts[${count}]`, counts[count] as number)
}

function unlessFinite(field: string, value: number): string | undefined {
  return Number.isFinite(value) ? undefined : `${field} is ${value}: it is a finite number`
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

function unlessCount(field: string, value: number): string | undefined {
  return isCount(value) ? undefined : `${field} is ${value}: it is a finite number from 0 on`
}
