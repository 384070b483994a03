import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../../src/clock.ts'
import { drawPoisson } from '../../../../../../src/rollout/gates/price/draws/draw-poisson.ts'
import { eventsDraws } from '../../../../../../src/rollout/gates/price/draws/events-draws.ts'

describe('made-up events', () => {
  it('come at the rate of their revision, in the part of the time that is that of its traffic', () => {
    const draws = eventsDraws({ kind: 'events', events: 30, exposureMs: 60_000 })
    expect(draws.stable).toBe(0.5)
    const random = seededRandom(2)
    expect(draws.divide(100, 0.25, random)).toBe(25)
    const made = draws.revision(2)
    expect(made.expected(25)).toEqual({ kind: 'events', events: 50, exposureMs: 25_000 })
    const sample = made.more(made.expected(25), 10_000, random)
    expect(sample.exposureMs).toBe(10_025_000)
    expect(Math.abs(sample.events - 20_050)).toBeLessThan(600)
  })
})

describe('a drawn number of events', () => {
  it.each([0.2, 5, 29, 400])('has the mean and the spread of chance where %d are expected', (wanted) => {
    const random = seededRandom(3)
    const times = 4000
    const drawn = Array.from({ length: times }, () => drawPoisson(wanted, random))
    const mean = drawn.reduce((sum, each) => sum + each, 0) / times
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / times
    expect(Math.abs(mean - wanted)).toBeLessThan(4 * Math.sqrt(wanted / times))
    expect(variance / wanted).toBeGreaterThan(0.9)
    expect(variance / wanted).toBeLessThan(1.1)
    expect(drawn.every((each) => Number.isInteger(each) && each >= 0)).toBe(true)
  })

  it('is none where none can come', () => {
    expect(drawPoisson(0, seededRandom(1))).toBe(0)
  })
})
