import { describe, expect, it } from 'vitest'
import { withinMs } from '../../../src/reconcile/within-ms.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'

describe('withinMs', () => {
  it('gives what the promise gives in time, and its error', async () => {
    const clock = createFakeClock()
    expect(await withinMs(clock, 100, Promise.resolve(7))).toBe(7)
    await expect(withinMs(clock, 100, Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(clock.pendingTimers).toBe(0)
  })

  it('gives undefined when the time has passed, and ignores a later error', async () => {
    const clock = createFakeClock()
    let fail = (_error: Error): void => {}
    const late = withinMs(clock, 100, new Promise<never>((_resolve, reject) => (fail = reject)))
    await clock.advance(100)
    expect(await late).toBeUndefined()
    fail(new Error('too late'))
    await clock.advance(0)
  })

  it('can wait for ever, although no timer of Node can, and not at all', async () => {
    const delays: number[] = []
    const schedule = (delayMs: number) => ({ cancel() {}, at: delays.push(delayMs) })
    const clock = { ...createFakeClock(), schedule }
    await withinMs(clock, Number.POSITIVE_INFINITY, Promise.resolve())
    await withinMs(clock, -5, Promise.resolve())
    expect(delays).toEqual([2 ** 31 - 1, 0])
  })
})
