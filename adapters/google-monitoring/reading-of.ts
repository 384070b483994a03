import type { Interval, MetricReading } from 'modelspine/adapter'
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
      return distributionReading(all.get('of') ?? new Map(), combining.scale, periodSeconds, covered)
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

function distributionReading(
  points: SeriesPoints,
  scale: number,
  periodSeconds: number,
  covered: Interval,
): MetricReading {
  const kept = [...points].filter(
    ([endMs]) => endMs - periodSeconds * 1000 >= covered.fromMs && endMs <= covered.toMs,
  )
  let [count, sum, sumSquares] = [0, 0, 0]
  for (const [, value] of kept) {
    const samples = samplesOf(value)
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
