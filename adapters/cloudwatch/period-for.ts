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
