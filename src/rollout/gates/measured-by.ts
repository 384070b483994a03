import type { Measured } from '../../resources/deployment/deployment-status.ts'
import type { MetricReading } from '../../telemetry/contract.ts'
import { measuredOf } from './reading-value.ts'

/** The value that a reading gives for its metric, with its samples. Undefined when it gives none. */
export function measuredBy(reading: MetricReading): Measured | undefined {
  const measured = measuredOf(reading)
  return Number.isFinite(measured.value) ? measured : undefined
}
