import type { Clock } from '../clock.ts'
import { furthestTimerMs } from './furthest-timer.ts'

/**
 * What the promise gives, or undefined when the time has passed before. The work behind the promise is not
 * ended. While it waits, the process is kept alive.
 */
export async function withinMs<Value>(
  clock: Clock,
  ms: number,
  what: Promise<Value>,
): Promise<Value | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>()
  const delayMs = Math.min(Math.max(ms, 0), furthestTimerMs)
  const timer = clock.schedule(delayMs, () => resolve(undefined), true)
  what.then(resolve, reject)
  try {
    return await promise
  } finally {
    timer.cancel()
  }
}
