import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'

/** A quantile that lies beyond the bounds of its histogram, so that only one end of it is known. */
export interface OpenEnd {
  readonly side: 'above' | 'below'
  readonly bound: number
}

/** Where a reading's quantile lies when its bounds do not tell. Undefined for all other readings. */
export function openEndOf(reading: MetricReading): OpenEnd | undefined {
  if (reading.kind !== 'histogram') return undefined
  const { quantile, bounds, counts } = reading
  const total = readingSamples(reading) ?? 0
  const rank = quantile * total
  const [first, last] = [bounds[0] as number, bounds.at(-1) as number]
  if (rank > total - (counts.at(-1) as number)) return { side: 'above', bound: last }
  return first <= 0 && rank <= (counts[0] as number) ? { side: 'below', bound: first } : undefined
}
