import type { Measured } from '../../resources/deployment/deployment-status.ts'
import { histogramQuantile } from '../../telemetry/contract/histogram-quantile.ts'
import { readingSamples } from '../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../telemetry/contract.ts'

/** A source's reading for one revision, or the reason why it could not be read. */
export type GateReading = MetricReading | { readonly kind: 'error'; readonly message: string }

/** A reading as one number. NaN when there is none. */
export function readingValue(reading: MetricReading): number {
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
}

export function measuredOf(reading: MetricReading): Measured {
  const samples = readingSamples(reading)
  return { value: readingValue(reading), ...(samples !== undefined && { samples }) }
}

/** The value that a reading gives for its metric, with its samples. Undefined when it gives none. */
export function measuredBy(reading: MetricReading): Measured | undefined {
  const measured = measuredOf(reading)
  return Number.isFinite(measured.value) ? measured : undefined
}
