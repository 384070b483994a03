import assert from 'node:assert/strict'
import { systemClock, type Timer } from '../clock.ts'

/** How long a subject may take for what should be done soon, unless it says otherwise. */
export const usualPatienceMs = 2000

/** The patience is spent in so many parts. */
const parts = 20

/**
 * The answer. Rejects when it does not come in time. A part of the time that takes longer, because the machine lets the
 * process wait, counts as one part: a subject in this process had no more than that.
 */
export async function within<T>(patienceMs: number, promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  let left = parts
  const wait = (): Timer => systemClock.schedule(patienceMs / parts, passed, true)
  const passed = (): void => {
    left -= 1
    if (left > 0) timer = wait()
    else late.reject(new assert.AssertionError({ message: `${what}: not within ${patienceMs} ms` }))
  }
  let timer = wait()
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    timer.cancel()
  }
}
