import { describe, expect, it } from 'vitest'
import { presentRate } from '../../../../../src/rollout/gates/price/present-rate.ts'
import type { MetricReading, ReadingContext } from '../../../../../src/telemetry/contract.ts'

const nowMs = 3_600_000
const errorsOf = (minutes: number, total: number, told: Partial<ReadingContext> = {}): MetricReading => ({
  kind: 'ratio',
  hits: Math.round(total / 50),
  total,
  covered: { fromMs: nowMs - minutes * 60_000, toMs: nowMs },
  ...told,
})

/** Samples a minute of all traffic, which is 1,000 requests a minute in each case. */
function ofAllTraffic(weight: number, reading: MetricReading, since?: MetricReading): number {
  return presentRate({ reading, weight, delayMs: 0, ...(since && { since }) }) / (weight / 100)
}

describe('the present rate of a revision', () => {
  it('is that of all the time that was read, while the weight was the same', () => {
    expect(ofAllTraffic(50, errorsOf(60, 30_000))).toBe(1000)
  })

  it('is that since it has its weight, when that fell', () => {
    expect(ofAllTraffic(50, errorsOf(60, 55_000), errorsOf(10, 5000))).toBe(1000)
  })

  it('is that since it has its weight, when that rose', () => {
    expect(ofAllTraffic(100, errorsOf(60, 35_000), errorsOf(10, 10_000))).toBe(1000)
  })

  it('is the older one until the present weight has a hundred samples', () => {
    expect(presentRate({ reading: errorsOf(60, 600), since: errorsOf(2, 99), weight: 50, delayMs: 0 })).toBe(
      10,
    )
    expect(presentRate({ reading: errorsOf(60, 600), since: errorsOf(2, 100), weight: 50, delayMs: 0 })).toBe(
      50,
    )
  })

  it('counts the labels that are still to come, by the requests that are there', () => {
    const reading = errorsOf(60, 50_000, { expected: 55_000, heard: 50_000 })
    const none: MetricReading = {
      kind: 'no-data',
      covered: { fromMs: nowMs - 600_000, toMs: nowMs },
      expected: 5000,
      heard: 0,
    }
    const few = errorsOf(10, 900, { expected: 5000, heard: 900 })
    for (const since of [none, few]) {
      expect(ofAllTraffic(50, reading, since)).toBeCloseTo((1000 * 50) / 55, 9)
    }
  })

  it('is never below what the present weight has shown', () => {
    const reading = errorsOf(60, 5500, { expected: 55_000, heard: 5500 })
    expect(ofAllTraffic(50, reading, errorsOf(10, 5000, { expected: 5000, heard: 5000 }))).toBe(1000)
  })

  it('is that of the time in which events were counted', () => {
    const covered = { fromMs: 0, toMs: nowMs }
    expect(ofAllTraffic(50, { kind: 'events', events: 600, exposureMs: nowMs / 2, covered })).toBe(40)
  })

  it('is the older one while no request of the present weight has a sample in any time', () => {
    const reading = errorsOf(60, 6000)
    const since: MetricReading = { kind: 'no-data', covered: { fromMs: nowMs - 60_000, toMs: nowMs } }
    expect(presentRate({ reading, since, weight: 50, delayMs: 0 })).toBe(100)
  })
})
