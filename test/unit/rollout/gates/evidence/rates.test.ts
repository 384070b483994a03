import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import type { Aim } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import { compareRate, compareRates } from '../../../../../src/rollout/gates/evidence/rates.ts'
import { poisson } from './poisson.ts'

const events = fc.nat(2000)
const exposureMs = fc.double({ min: 1000, max: 1e7, noNaN: true })
const rate = fc.double({ min: 0, max: 4, noNaN: true })
const aims: fc.Arbitrary<Aim> = fc
  .record({
    margin: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 2, noNaN: true })),
    excess: fc.double({ min: 0.01, max: 2, noNaN: true }),
    basis: fc.option(rate, { nil: undefined }),
  })
  .map(({ margin, excess, basis }) => ({
    margin,
    detect: margin + excess,
    ...(basis !== undefined && { basis }),
  }))

/** More events than these are too rare to change a mean of evidence, which grows by a known factor with each. */
const mostEvents = 60

describe('the evidence about two rates', () => {
  it('is 1 on average at most, whatever the rates are, if the claim is true', () => {
    fc.assert(
      fc.property(
        aims,
        rate,
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        (aim, stable, here, there) => {
          for (const [side, candidate] of [
            ['above', stable + aim.margin],
            ['above', Math.max(0, stable + aim.margin - 0.2)],
            ['below', stable + aim.margin],
            ['below', stable + aim.margin + 0.2],
          ] as const) {
            let mean = 0
            for (let c = 0; c < mostEvents; c += 1) {
              for (let s = 0; s < mostEvents; s += 1) {
                const chance = poisson(c, candidate * here) * poisson(s, stable * there)
                if (chance < 1e-30) continue
                const comparison = compareRates(
                  { events: c, exposureMs: here * 1000 },
                  { events: s, exposureMs: there * 1000 },
                  aim,
                )
                mean += chance * Math.exp(comparison[side](aim.margin))
              }
            }
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  it('is just 1 on average at the border of the claim, so that nothing is given away', () => {
    const aim = { margin: 0.2, detect: 0.7, basis: 0.5 }
    for (const side of ['above', 'below'] as const) {
      let mean = 0
      for (let c = 0; c < mostEvents; c += 1) {
        for (let s = 0; s < mostEvents; s += 1) {
          const comparison = compareRates(
            { events: c, exposureMs: 1000 },
            { events: s, exposureMs: 3000 },
            aim,
          )
          mean += poisson(c, 0.8) * poisson(s, 3 * 0.6) * Math.exp(comparison[side](0.2))
        }
      }
      expect(mean).toBeCloseTo(1, 6)
    }
  })

  it('is the same for the other side when the arms are swapped', () => {
    fc.assert(
      fc.property(
        events,
        events,
        exposureMs,
        exposureMs,
        aims,
        (ours, theirs, here, there, { margin, detect, ...aim }) => {
          const [one, other] = [
            { events: ours, exposureMs: here },
            { events: theirs, exposureMs: there },
          ]
          const even = { ...aim, margin: 0, detect: detect - margin }
          const [forth, back] = [compareRates(one, other, even), compareRates(other, one, even)]
          expect(forth.above(margin)).toBeCloseTo(back.below(-margin), 9)
          expect(forth.below(margin)).toBeCloseTo(back.above(-margin), 9)
          expect(forth.difference).toBeCloseTo(-back.difference, 12)
        },
      ),
    )
  })

  it('is a number for every margin, and falls as the margin grows, for evidence that it is exceeded', () => {
    for (const [ours, theirs] of [
      [0, 0],
      [1, 0],
      [0, 30],
      [40, 10],
      [300, 290],
    ] as const) {
      const exposureMs = 100_000
      const comparison = compareRates(
        { events: ours, exposureMs },
        { events: theirs, exposureMs },
        { margin: 0.1, detect: 0.3, basis: 0.2 },
      )
      let last = Number.POSITIVE_INFINITY
      for (const margin of [-5, -1, -0.5, -0.3, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.3, 1, 5]) {
        const evidence = comparison.above(margin)
        expect(Number.isFinite(evidence) && Number.isFinite(comparison.below(margin))).toBe(true)
        // Where nothing is shown, the evidence of bets that were lost may go up and down.
        if (last > Math.log(20) || evidence > Math.log(20)) expect(evidence).toBeLessThan(last)
        last = evidence
      }
    }
  })

  it('cries wolf in 5 of 100 runs at most, at all looks together, and sees a rise of three times', () => {
    const aim = { margin: 0, detect: 0.02, basis: 0.01 }
    const falsely = runs(150, 0.01, 0.01, aim)
    expect(falsely.filter(Number.isFinite).length).toBeLessThanOrEqual(0.05 * 150)
    const seen = runs(40, 0.03, 0.01, aim)
    expect(seen.every(Number.isFinite)).toBe(true)
  })
})

describe('the evidence about a rate and a constant', () => {
  it('is 1 on average at most, if the claim is true', () => {
    fc.assert(
      fc.property(
        aims,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        (aim, away, seconds) => {
          for (const side of ['above', 'below'] as const) {
            const truth = side === 'above' ? aim.margin * away : aim.margin + away
            let mean = 0
            for (let count = 0; count < mostEvents; count += 1) {
              const chance = poisson(count, truth * seconds)
              const comparison = compareRate({ events: count, exposureMs: seconds * 1000 }, aim)
              if (chance > 0) mean += chance * Math.exp(comparison[side](aim.margin))
            }
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes one event as proof that there are some, and never shows that there are none', () => {
    const aim = { margin: 0, detect: 0.01 }
    expect(compareRate({ events: 1, exposureMs: 1000 }, aim).above(0)).toBe(Number.POSITIVE_INFINITY)
    expect(compareRate({ events: 0, exposureMs: 1e9 }, aim).above(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareRate({ events: 0, exposureMs: 1e9 }, aim).below(0)).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('a rate near the margin', () => {
  it('is shown in the end, on both sides', () => {
    const exposureMs = 1e11
    for (const [excess, side] of [
      [0.001, 'above'],
      [-0.001, 'below'],
    ] as const) {
      const candidate = { events: (exposureMs / 1000) * (0.02 + excess), exposureMs }
      const stable = { events: (exposureMs / 1000) * 0.01, exposureMs }
      const beside = compareRates(candidate, stable, { margin: 0.01, detect: 0.03, basis: 0.01 })
      expect(refuted(beside[side](0.01))).toBe(true)
      expect(refuted(compareRate(candidate, { margin: 0.02, detect: 0.05 })[side](0.02))).toBe(true)
    }
  })
})

function refuted(evidence: number): boolean {
  return evidence > Math.log(20)
}

/** For each run the seconds until it is shown that the candidate has more events. Infinity when it never is. */
function runs(count: number, candidate: number, stable: number, aim: Aim): readonly number[] {
  return Array.from({ length: count }, (_, run) => {
    const random = seededRandom(run + 1)
    let [ours, theirs] = [0, 0]
    // A second of a process of Poisson with a small rate holds one event at most, nearly.
    for (let second = 1; second <= 6000; second += 1) {
      if (random() < candidate) ours += 1
      if (random() < stable) theirs += 1
      if (second % 20 > 0) continue
      const exposureMs = second * 1000
      const { above } = compareRates({ events: ours, exposureMs }, { events: theirs, exposureMs }, aim)
      if (refuted(above(aim.margin))) return second
    }
    return Number.POSITIVE_INFINITY
  })
}
