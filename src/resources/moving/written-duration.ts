import type { Duration } from '../duration.ts'

/** As people write it: whole seconds where they fit. */
export function writtenDuration(ms: number): Duration {
  const whole = Math.max(1, Math.round(ms))
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`
}
