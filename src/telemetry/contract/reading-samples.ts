import type { MetricReading } from './metric-reading.ts'

/** How many samples a reading is made of. Undefined when the source does not tell. */
export function readingSamples(reading: MetricReading): number | undefined {
  switch (reading.kind) {
    case 'no-data':
      return 0
    case 'ratio':
      return reading.total
    case 'value':
    case 'distribution':
      return reading.count
    case 'histogram':
      return reading.counts.reduce((sum, count) => sum + count, 0)
    case 'events':
      return reading.events
  }
}
