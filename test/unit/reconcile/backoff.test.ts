import { describe, expect, it } from 'vitest'
import { createBackoff, vendorPace } from '../../../src/reconcile/backoff.ts'
import { jittered } from '../../../src/reconcile/jittered.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'

const clockWith = (random: number) => ({ ...createFakeClock(), random: () => random })
const almostOne = 1 - Number.EPSILON

describe('backoff', () => {
  it('doubles its ceiling from 5 ms to 60 s', () => {
    const backoff = createBackoff({ clock: clockWith(almostOne) })
    const waits = Array.from({ length: 16 }, () => Math.round(backoff.next('a')))
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80])
    expect(waits.slice(13)).toEqual([40_960, 60_000, 60_000])
    expect(backoff.failures('a')).toBe(16)
  })

  it('stays at its cap after any number of failures', () => {
    const backoff = createBackoff({ clock: clockWith(almostOne), baseMs: 1, capMs: 10 })
    for (let failures = 0; failures < 2000; failures += 1) expect(backoff.next('a')).toBeLessThanOrEqual(10)
  })

  it('waits a random time from zero to the ceiling', () => {
    const backoff = createBackoff({ clock: createFakeClock({ seed: 7 }), baseMs: 100, capMs: 100 })
    const waits = Array.from({ length: 1000 }, () => backoff.next('a'))
    expect(Math.min(...waits)).toBeLessThan(2)
    expect(Math.max(...waits)).toBeGreaterThan(98)
    expect(waits.reduce((sum, wait) => sum + wait) / 1000).toBeCloseTo(50, -1)
  })

  it('asks a vendor that is away at most eight times in a minute, however the chance falls', () => {
    for (const random of [0, 0.5, almostOne]) {
      const backoff = createBackoff({ clock: clockWith(random), ...vendorPace })
      let [atMs, calls] = [0, 0]
      for (; atMs < 60_000; calls += 1) atMs += backoff.next('a')
      expect(calls).toBeLessThanOrEqual(8)
      expect(calls).toBeGreaterThanOrEqual(7)
    }
  })

  it('counts each key by itself, and starts again after forget', () => {
    const backoff = createBackoff({ clock: clockWith(almostOne) })
    backoff.next('a')
    backoff.next('a')
    expect(Math.round(backoff.next('b'))).toBe(5)
    backoff.forget('a')
    expect([backoff.failures('a'), backoff.failures('b')]).toEqual([0, 1])
    expect(Math.round(backoff.next('a'))).toBe(5)
  })

  it('refuses a base of 0 and a cap below the base', () => {
    const clock = createFakeClock()
    expect(() => createBackoff({ clock, baseMs: 0 })).toThrow('baseMs is 0')
    expect(() => createBackoff({ clock, baseMs: 10, capMs: 9 })).toThrow('capMs is 9')
  })
})

describe('jitter', () => {
  it.each([
    [0, 90],
    [0.5, 100],
    [almostOne, 110],
  ])('turns 100 ms at random %d into %d', (random, expected) => {
    expect(jittered(100, clockWith(random))).toBeCloseTo(expected)
  })
})
