import type { Interval, MetricReading } from 'modelspine/adapter'
import {
  counted,
  noData,
  type PeriodNumbers,
  ratioReading,
  sumOf,
  valueReading,
  within,
} from '../shared/periods/period-numbers.ts'
import type { PeriodicMetric } from './check-metric.ts'

const vendor = 'CloudWatch'

/** What the numbers of the periods say together. Throws `metric-error` for numbers that cannot be true. */
export function readingOf(
  { combining, parts }: PeriodicMetric,
  all: ReadonlyMap<string, PeriodNumbers>,
  covered: Interval,
): MetricReading {
  const of = (part: string): PeriodNumbers => within(all.get(part), covered)
  switch (combining.kind) {
    case 'ratio':
      return ratioReading(vendor, of('hits'), of('total'), combining.noHits, covered)
    case 'mean': {
      const count = counted(vendor, 'count', of('count'))
      const sum = of('sum')
      if (count === 0 || sum.size === 0) return noData(covered)
      return { kind: 'value', value: (sumOf(sum) * combining.scale) / count, count, covered }
    }
    case 'value':
      return valueReading(vendor, of('value'), 'count' in parts ? of('count') : undefined, combining, covered)
  }
}
