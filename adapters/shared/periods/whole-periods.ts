import type { Interval } from 'modelspine/adapter'

/**
 * The periods that lie within the interval as a whole. The answer may be empty: then it begins with the first period
 * that begins within the interval or after it.
 */
export function wholePeriods({ fromMs, toMs }: Interval, periodSeconds: number): Interval {
  const periodMs = periodSeconds * 1000
  const firstMs = Math.ceil(fromMs / periodMs) * periodMs
  return { fromMs: firstMs, toMs: Math.max(firstMs, Math.floor(toMs / periodMs) * periodMs) }
}
