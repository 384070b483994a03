import type { Measured } from '../../resources/deployment/deployment-status.ts'
import { histogramQuantile } from '../../telemetry/contract/histogram-quantile.ts'
import { readingSamples } from '../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../telemetry/contract.ts'
import { measuredOf } from './reading-value.ts'

/** The value that a reading gives for its metric, with its samples. Undefined when it gives none. */
export function measuredBy(reading: MetricReading): Measured | undefined {
<<<<<<< HEAD
  const value = centreOf(reading)
  if (!Number.isFinite(value)) return undefined
  const samples = readingSamples(reading)
  return { value, ...(samples !== undefined && { samples }) }
}

function centreOf(reading: MetricReading): number {
  switch (reading.kind) {
    case 'ratio':
      return reading.hits / reading.total
    case 'distribution':
      return reading.sum / reading.count
    case 'value':
      return reading.value
    case 'histogram':
      return histogramQuantile(reading)
    case 'events':
      return (reading.events * 1000) / reading.exposureMs
    case 'no-data':
      return Number.NaN
  }
=======
  const measured = measuredOf(reading)
  return Number.isFinite(measured.value) ? measured : undefined
>>>>>>> 66360ec1 (WIP tests)
}
