import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aim } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import { compareProportion } from '../../../../../src/rollout/gates/evidence/proportion.ts'
import { compareProportions } from '../../../../../src/rollout/gates/evidence/proportions.ts'
import { binomial } from './binomial.ts'

const share = fc.double({ min: 0.02, max: 0.98, noNaN: true })
const aims: fc.Arbitrary<Aim> = fc
  .record({
    margin: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 0.2, noNaN: true })),
    excess: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
    basis: fc.option(fc.double({ min: 0, max: 0.9, noNaN: true }), { nil: undefined }),
  })
  .map(({ margin, excess, basis }) => ({
    margin,
    detect: margin + excess,
    ...(basis !== undefined && { basis }),
  }))

/** The mean of what `evidence` gives over all outcomes of `samples` samples that are split and judged by chance. */
function meanOverOutcomes(
  samples: number,
  split: number,
  candidate: number,
  stable: number,
  evidence: (bad: readonly [number, number], total: readonly [number, number]) => number,
): number {
  let mean = 0
  for (let toCandidate = 0; toCandidate <= samples; toCandidate += 1) {
    const toStable = samples - toCandidate
    for (let badCandidate = 0; badCandidate <= toCandidate; badCandidate += 1) {
      for (let badStable = 0; badStable <= toStable; badStable += 1) {
        const chance =
          binomial(toCandidate, samples, split) *
          binomial(badCandidate, toCandidate, candidate) *
          binomial(badStable, toStable, stable)
        if (chance === 0) continue
        mean += chance * Math.exp(evidence([badCandidate, badStable], [toCandidate, toStable]))
      }
    }
  }
  return mean
}

describe('the evidence about two proportions', () => {
  it('is 1 on average at most, whatever the proportions are, if the claim is true', () => {
    fc.assert(
      fc.property(
        aims,
        share,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        (aim, split, stable, samples) => {
          for (const [side, candidate] of [
            ['above', Math.min(1, stable + aim.margin)],
            ['above', Math.max(0, stable + aim.margin - 0.1)],
            ['below', stable + aim.margin],
            ['below', stable + aim.margin + 0.1],
          ] as const) {
            if (candidate > 1) continue
            const mean = meanOverOutcomes(samples, split, candidate, stable, ([c, s], [nc, ns]) =>
              compareProportions({ bad: c, total: nc }, { bad: s, total: ns }, split, aim)[side](aim.margin),
            )
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is not much less than 1 on average at the border of the claim, so that nothing is given away', () => {
    const aim = { margin: 0.01, detect: 0.03, basis: 0.02 }
    const mean = meanOverOutcomes(6, 0.3, 0.03, 0.02, ([c, s], [nc, ns]) =>
      compareProportions({ bad: c, total: nc }, { bad: s, total: ns }, 0.3, aim).above(0.01),
    )
    expect(mean).toBeGreaterThan(0.99)
  })

  it('is the same for the other side when the arms are swapped', () => {
    fc.assert(
      fc.property(counts(), counts(), share, aims, (one, other, split, aim) => {
        const there = compareProportions(one, other, split, {
          ...aim,
          margin: 0,
          detect: aim.detect - aim.margin,
        })
        const back = compareProportions(other, one, 1 - split, {
          ...aim,
          margin: 0,
          detect: aim.detect - aim.margin,
        })
        expect(there.above(0) / back.below(0)).toBeCloseTo(1, 9)
        expect(there.below(0) / back.above(0)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('never comes from an alternative that is 0 but for rounding', () => {
    for (const [basis, margin] of [
      [0.01, 0.05],
      [0.02, 0.05],
      [0.1, 0.2],
    ] as const) {
      const candidate = { bad: 1000 * (basis + margin), total: 1000 }
      const aim = { margin, detect: margin + 0.01, basis }
      const { below } = compareProportions(candidate, { bad: 1000 * basis, total: 1000 }, 0.5, aim)
      expect(below(margin)).toBeLessThan(1)
    }
  })

  it('grows for the truth with the number of samples', () => {
    for (const side of ['above', 'below'] as const) {
      const at = (samples: number): number =>
        compareProportions(
          { bad: samples * (side === 'above' ? 0.05 : 0.01), total: samples },
          { bad: samples * 0.01, total: samples },
          0.5,
          { margin: 0.01, detect: 0.02, basis: 0.01 },
        )[side](0.01)
      expect(at(400)).toBeGreaterThan(at(100))
      expect(at(10_000)).toBeGreaterThan(7 * Math.log(20))
    }
  })
})

describe('the evidence about a proportion and a constant', () => {
  it('is 1 on average at most, if the claim is true', () => {
    fc.assert(
      fc.property(
        aims,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        (aim, away, samples) => {
          for (const side of ['above', 'below'] as const) {
            const truth = side === 'above' ? aim.margin * away : aim.margin + (1 - aim.margin) * away
            let mean = 0
            for (let bad = 0; bad <= samples; bad += 1) {
              const chance = binomial(bad, samples, truth)
              if (chance > 0)
                mean += chance * Math.exp(compareProportion({ bad, total: samples }, aim)[side](aim.margin))
            }
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes one bad sample as proof that there are some, and never shows that there are none', () => {
    const aim = { margin: 0, detect: 0.01 }
    expect(compareProportion({ bad: 1, total: 10 }, aim).above(0)).toBe(Number.POSITIVE_INFINITY)
    expect(compareProportion({ bad: 0, total: 1e6 }, aim).above(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareProportion({ bad: 0, total: 1e6 }, aim).below(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareProportion({ bad: 9, total: 9 }, aim).below(1)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareProportion({ bad: 8, total: 9 }, aim).below(1)).toBe(Number.POSITIVE_INFINITY)
  })
})

function counts(): fc.Arbitrary<{ readonly bad: number; readonly total: number }> {
  return fc.tuple(fc.nat(5000), fc.nat(5000)).map(([bad, good]) => ({ bad, total: Math.max(1, bad + good) }))
}

describe('a difference near the margin', () => {
  it('is shown in the end, on both sides', () => {
    const samples = 3_000_000
    for (const [excess, side] of [
      [0.002, 'above'],
      [-0.002, 'below'],
    ] as const) {
      const candidate = { bad: samples * (0.02 + excess), total: samples }
      const stable = { bad: samples * 0.01, total: samples }
      const beside = compareProportions(candidate, stable, 0.5, { margin: 0.01, detect: 0.03, basis: 0.01 })
      expect(beside[side](0.01)).toBeGreaterThan(Math.log(20))
      expect(compareProportion(candidate, { margin: 0.02, detect: 0.05 })[side](0.02)).toBeGreaterThan(
        Math.log(20),
      )
    }
  })
})
