import type { Interval } from 'modelspine/adapter'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * The shortest period, in seconds, that CloudWatch still has of data this old.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
 */
function leastPeriod(ageMs: number): number {
  if (ageMs >= 63 * dayMs) return 3600
  if (ageMs >= 15 * dayMs) return 300
  return ageMs >= 3 * hourMs ? 60 : 1
}

/** The period to ask by: the wanted one, or the next longer one that CloudWatch still has of that time. */
export function periodFor(wantedSeconds: number, fromMs: number, nowMs: number): number {
  // What is asked now must not be too old when the question arrives.
  const least = leastPeriod(nowMs + 60_000 - fromMs)
  return Math.ceil(wantedSeconds / least) * least
}

/**
 * The periods that lie within the interval as a whole. A data point stands at the beginning of its period. The answer
 * may be empty: then it begins with the first period that begins within the interval or after it.
 */
export function wholePeriods({ fromMs, toMs }: Interval, periodSeconds: number): Interval {
  const periodMs = periodSeconds * 1000
  const firstMs = Math.ceil(fromMs / periodMs) * periodMs
  return { fromMs: firstMs, toMs: Math.max(firstMs, Math.floor(toMs / periodMs) * periodMs) }
}
