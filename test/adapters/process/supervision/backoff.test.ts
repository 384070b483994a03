import fc from 'fast-check'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../../adapters/process/supervision/backoff.ts'

const limits = { minMs: 500, maxMs: 60_000 }

describe('the backoff of restarts', () => {
  it('doubles from the shortest to the longest wait, and takes off a random part of up to half', () => {
    const clock = createFakeClock()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (exits) => {
        const whole = Math.min(limits.maxMs, limits.minMs * 2 ** (exits - 1))
        const delay = backoffMs(exits, limits, clock)
        expect(delay).toBeGreaterThanOrEqual(whole / 2)
        expect(delay).toBeLessThanOrEqual(whole)
      }),
    )
  })

  it('differs between processes that fail at the same moment', () => {
    const delays = [1, 2, 3].map((seed) => backoffMs(4, limits, createFakeClock({ seed })))
    expect(new Set(delays).size).toBe(3)
  })
})
