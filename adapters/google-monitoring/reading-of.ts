import { addReadings, type Interval, type MetricReading } from 'modelspine/adapter'
import {
  noData,
  type PeriodNumbers,
  ratioReading,
  valueReading,
  within,
} from '../shared/periods/period-numbers.ts'
import type { SeriesMetric } from './check-metric.ts'
import { failure, type PointValue, type Samples, type SeriesPoints } from './monitoring-api.ts'

const vendor = 'Google Cloud Monitoring'

/** What the numbers of the periods say together. Throws `metric-error` for numbers that cannot be true. */
export function readingOf(
  { combining, parts, periodSeconds }: Pick<SeriesMetric, 'combining' | 'parts' | 'periodSeconds'>,
  all: ReadonlyMap<string, SeriesPoints>,
  covered: Interval,
): MetricReading {
  const of = (part: string, numberOf: (value: PointValue) => number): PeriodNumbers =>
    within(begun(all.get(part), periodSeconds, numberOf), covered)
  switch (combining.kind) {
    case 'ratio':
      return ratioReading(vendor, of('hits', countOf), of('total', countOf), combining.noHits, covered)
    case 'value': {
      const counts = 'count' in parts ? of('count', countOf) : undefined
      return valueReading(vendor, of('value', plainOf), counts, combining, covered)
    }
    case 'distribution':
      return distributionReading(samplesIn(all.get('of'), periodSeconds, covered), combining.scale, covered)
    case 'quantile':
      return quantileReading(samplesIn(all.get('of'), periodSeconds, covered), combining, covered)
  }
}

/** Points stand at the end of their period. */
function begun(
  points: SeriesPoints = new Map(),
  periodSeconds: number,
  numberOf: (value: PointValue) => number,
): PeriodNumbers {
  return new Map([...points].map(([endMs, value]) => [endMs - periodSeconds * 1000, numberOf(value)]))
}

function countOf(value: PointValue): number {
  return finite(typeof value === 'number' ? value : value.count)
}

function plainOf(value: PointValue): number {
  if (typeof value === 'number') return finite(value)
  throw failure('answered a distribution for one number: give align: "ALIGN_PERCENTILE_99"', false)
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw failure(`answered ${value}`)
}

/** Those of each period that lies in the interval. */
function samplesIn(
  points: SeriesPoints = new Map(),
  periodSeconds: number,
  covered: Interval,
): readonly Samples[] {
  return [...points]
    .filter(([endMs]) => endMs - periodSeconds * 1000 >= covered.fromMs && endMs <= covered.toMs)
    .map(([, value]) => samplesOf(value))
}

/** Cloud Monitoring counts a value that is a bound in the bucket above it, and a reading in the cell below it. */
function quantileReading(
  periods: readonly Samples[],
  { quantile, scale }: { readonly quantile: number; readonly scale: number },
  covered: Interval,
): MetricReading {
  let sum = noData(covered)
  for (const { count, bounds, bucketCounts } of periods) {
    if (count === 0) continue
    const counts = [...bounds, 0].map((_, cell) => bucketCounts[cell] ?? 0)
    if (bounds.length === 0 || bucketCounts.length > counts.length || !counts.some((each) => each > 0)) {
      throw failure(`answered a distribution of ${count} samples without the counts of its buckets`, false)
    }
    if (counts.some((each) => each < 0)) throw failure(`answered a bucket of ${Math.min(...counts)} samples`)
    const scaled = bounds.map((bound) => bound * scale)
    sum = addReadings(sum, { kind: 'histogram', quantile, bounds: scaled, counts, covered })
  }
  return sum
}

function distributionReading(periods: readonly Samples[], scale: number, covered: Interval): MetricReading {
  let [count, sum, sumSquares] = [0, 0, 0]
  for (const samples of periods) {
    count += samples.count
    sum += samples.count * samples.mean * scale
    sumSquares += (samples.sumOfSquaredDeviation + samples.count * samples.mean ** 2) * scale ** 2
  }
  if (count === 0) return noData(covered)
  return { kind: 'distribution', count, sum, sumSquares, covered }
}

function samplesOf(value: PointValue): Samples {
  if (typeof value === 'number') {
    throw failure('answered numbers, not distributions: declare the metric as ratio or value', false)
  }
  const { count, mean, sumOfSquaredDeviation } = value
  if (
    [count, mean, sumOfSquaredDeviation].every(Number.isFinite) &&
    count >= 0 &&
    sumOfSquaredDeviation >= 0
  ) {
    return value
  }
  throw failure(`answered a distribution of ${count} samples with mean ${mean}`)
}
