import type { HealthOptions } from '../settings/options.ts'
import type { Probe } from './health-probe.ts'

/** The result of the probes of a process so far. Times are the clock's monotonic milliseconds. */
export interface Health {
  readonly health: 'starting' | 'ready' | 'unready'
  /** When this health began. */
  readonly sinceMs: number
  /** Failed probes in a row. */
  readonly failures: number
  /** The reason why the process is not ready. */
  readonly message?: string
}

export type Judgement =
  | { readonly kind: 'keep'; readonly health: Health }
  | { readonly kind: 'end'; readonly reason: 'StartTimeout' | 'Unhealthy'; readonly message: string }

/** Judges the health after one more probe. */
export function judgeHealth(
  before: Health,
  probe: Probe,
  limits: Required<HealthOptions>,
  nowMs: number,
): Judgement {
  if (probe.ok) {
    const sinceMs = before.health === 'ready' ? before.sinceMs : nowMs
    return { kind: 'keep', health: { health: 'ready', sinceMs, failures: 0 } }
  }
  const { message } = probe
  const failures = before.failures + 1
  const lastedMs = nowMs - before.sinceMs
  if (before.health === 'starting' && lastedMs >= limits.startTimeoutMs) {
    const late = `the process was not ready within ${limits.startTimeoutMs} ms: ${message}`
    return { kind: 'end', reason: 'StartTimeout', message: late }
  }
  if (before.health === 'unready' && lastedMs >= limits.unreadyLimitMs) {
    const long = `the process was unready for ${limits.unreadyLimitMs} ms: ${message}`
    return { kind: 'end', reason: 'Unhealthy', message: long }
  }
  if (before.health === 'ready' && failures >= limits.failures) {
    return { kind: 'keep', health: { health: 'unready', sinceMs: nowMs, failures, message } }
  }
  return { kind: 'keep', health: { ...before, failures, message } }
}
