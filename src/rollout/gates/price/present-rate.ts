import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import type { Lately } from './gate-price.ts'

/** Fewer tell no rate. */
const fewestOfRate = 100

/**
 * The stable revision's samples a minute with its present weight. Before it had that weight it got another part of the
 * traffic, so the time since then tells the rate once it has enough.
 *
 * Labels, ratings and outcomes count at the time of their request, so those of the newest requests are still to come. The
 * requests themselves are there. So their rate is taken, and how many samples a request has in the end is seen in the
 * longer time, where less is missing.
 */
export function presentRate({ reading, since }: Lately): number {
  if (since === undefined) return perMinute(reading, samplesOf(reading))
  const requests = since.expected ?? 0
  const eachHas = reading.expected ? samplesOf(reading) / reading.expected : 0
  const inTheEnd = Math.max(samplesOf(since), requests * eachHas)
  return Math.max(samplesOf(since), requests) < fewestOfRate
    ? perMinute(reading, samplesOf(reading))
    : perMinute(since, inTheEnd)
}

function samplesOf(reading: MetricReading): number {
  return readingSamples(reading) ?? 0
}

function perMinute(reading: MetricReading, samples: number): number {
  const { fromMs, toMs } = reading.covered ?? { fromMs: 0, toMs: 0 }
  const timeMs = reading.kind === 'events' ? reading.exposureMs : toMs - fromMs
  return (samples * 60_000) / Math.max(1, timeMs)
}
