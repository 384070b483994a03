import assert from 'node:assert/strict'
import { systemClock } from '../clock.ts'

/** How long a subject may take for what should be done soon, unless it says otherwise. */
export const usualPatienceMs = 2000

/** The answer. Rejects when it does not come in time. */
export async function within<T>(patienceMs: number, promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const complain = (): void =>
    late.reject(new assert.AssertionError({ message: `${what}: not within ${patienceMs} ms` }))
  const timer = systemClock.schedule(patienceMs, complain, true)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    timer.cancel()
  }
}
