import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import {
  compareBoundedMean,
  compareBoundedMeans,
} from '../../../../../src/rollout/gates/evidence/bounded-means.ts'
import type { Aim } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import type { Moments } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { meanEvidence, outcomesOf } from './multinomial.ts'

const range = { min: -1, max: 3 }
/** The values that samples of these tests have. */
const values = [-1, -0.9, 0.5, 3]
const share = fc.double({ min: 0.05, max: 0.95, noNaN: true })
const chances = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => parts.map((part) => part / parts.reduce((sum, each) => sum + each)))
const excess = fc.double({ min: 0.01, max: 2, noNaN: true })

function meanOf(chances: readonly number[]): number {
  return chances.reduce((sum, chance, index) => sum + chance * (values[index] as number), 0)
}

function momentsOf(counts: readonly number[]): Moments {
  let [count, sum, sumSquares] = [0, 0, 0]
  for (const [index, times] of counts.entries()) {
    const value = values[index] as number
    count += times
    sum += times * value
    sumSquares += times * value * value
  }
  return { count, sum, sumSquares }
}

describe('the evidence about two means of bounded values', () => {
  it('is 1 on average at most, whatever the values are, if the claim is true', () => {
    fc.assert(
      fc.property(share, chances, chances, excess, (part, ours, theirs, excess) => {
        const difference = meanOf(ours) - meanOf(theirs)
        const [one, other] = [outcomesOf(3, ours), outcomesOf(3, theirs)]
        for (const [side, margin] of [
          ['above', difference],
          ['above', difference + 0.5],
          ['below', difference],
          ['below', difference - 0.5],
        ] as const) {
          const mean = meanEvidence(one, other, (c, s) =>
            compareBoundedMeans(momentsOf(c), momentsOf(s), part, range, { margin, detect: margin + excess })[
              side
            ](margin),
          )
          expect(mean).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
      { numRuns: 8 },
    )
  })

  it('is the same for the other side when the arms are swapped, and when the values are turned', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 4, maxLength: 4 })
    const aim = { margin: 0, detect: 0.3 }
    fc.assert(
      fc.property(
        counts,
        counts,
        share,
        fc.double({ min: -3, max: 3, noNaN: true }),
        (ours, theirs, part, margin) => {
          const [one, other] = [momentsOf(ours), momentsOf(theirs)]
          const there = compareBoundedMeans(one, other, part, range, aim)
          const back = compareBoundedMeans(other, one, 1 - part, range, aim)
          expect(there.above(margin)).toBeCloseTo(back.below(-margin), 6)
          expect(there.below(margin)).toBeCloseTo(back.above(-margin), 6)
          const turned = ({ count, sum, sumSquares }: Moments): Moments => ({ count, sum: -sum, sumSquares })
          const mirrored = compareBoundedMeans(turned(one), turned(other), part, { min: -3, max: 1 }, aim)
          // Each result may be a little lower than the lowest evidence, by up to the tolerance of its search.
          expect(Math.abs(there.above(margin) - mirrored.below(-margin))).toBeLessThan(0.05)
        },
      ),
    )
  })

  it('sees a difference soon, and cries wolf in 5 of 100 runs at most', () => {
    const aim = { margin: 0, detect: 0.1, basis: 0.5 }
    const seen = Array.from({ length: 40 }, (_, run) => samplesUntilShown(run, 0.6, 1000, aim))
    expect(seen.every(Number.isFinite)).toBe(true)
    expect(seen.sort((one, other) => one - other)[20]).toBeLessThan(250)
    const equal = Array.from({ length: 60 }, (_, run) => samplesUntilShown(run, 0.5, 1000, aim))
    expect(equal.filter(Number.isFinite).length).toBeLessThanOrEqual(3)
  })

  it('shows the truth in the end, also near the margin, and knows how far two means can be apart', () => {
    const of = (mean: number): Moments => ({
      count: 1e6,
      sum: 1e6 * mean,
      sumSquares: 1e6 * (mean * mean + 0.04),
    })
    const { above, below } = compareBoundedMeans(
      of(0.512),
      of(0.5),
      0.5,
      { min: 0, max: 1 },
      { margin: 0.01, detect: 0.05 },
    )
    expect(above(0.01)).toBeGreaterThan(Math.log(20))
    expect(below(0.014)).toBeGreaterThan(Math.log(20))
    expect([above(-1), above(1), below(1), below(-1)]).toEqual([Infinity, -Infinity, Infinity, -Infinity])
  })
})

describe('the evidence about a mean of bounded values and a constant', () => {
  it('is 1 on average at most, if the claim is true', () => {
    fc.assert(
      fc.property(chances, excess, fc.double({ min: 0, max: 1, noNaN: true }), (ours, excess, away) => {
        const truth = meanOf(ours)
        for (const [side, bound] of [
          ['above', truth + away * (range.max - truth)],
          ['below', truth - away * (truth - range.min)],
        ] as const) {
          const mean = meanEvidence(outcomesOf(4, ours), [{ counts: [], chance: 1 }], (counts) => {
            const evidence = compareBoundedMean(momentsOf(counts), range, {
              margin: bound,
              detect: bound + excess,
            })
            return evidence[side](bound)
          })
          expect(mean).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('takes one value above the least possible one as proof, and never shows what cannot be otherwise', () => {
    const aim = { margin: 0, detect: 0.1 }
    const all = { count: 9, sum: 0, sumSquares: 0 }
    const one = { count: 9, sum: 1, sumSquares: 1 }
    const unit = { min: 0, max: 1 }
    expect(compareBoundedMean(one, unit, aim).above(0)).toBe(Number.POSITIVE_INFINITY)
    expect(compareBoundedMean(all, unit, aim).above(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareBoundedMean(all, unit, aim).below(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareBoundedMean(one, unit, aim).above(1)).toBe(Number.NEGATIVE_INFINITY)
  })
})

/** Samples of a revision, evenly spread around their mean, until it is shown that the candidate's is higher than 0.5. */
function samplesUntilShown(run: number, mean: number, most: number, aim: Aim): number {
  const random = seededRandom(run + 1)
  const [ours, theirs] = [
    { count: 0, sum: 0, sumSquares: 0 },
    { count: 0, sum: 0, sumSquares: 0 },
  ]
  for (let samples = 1; samples <= most; samples += 1) {
    for (const [moments, centre] of [
      [ours, mean],
      [theirs, 0.5],
    ] as const) {
      const value = centre + 0.6 * (random() - 0.5)
      moments.count += 1
      moments.sum += value
      moments.sumSquares += value * value
    }
    if (samples % 25 > 0) continue
    const { above } = compareBoundedMeans(ours, theirs, 0.5, { min: 0, max: 1 }, aim)
    if (above(aim.margin) > Math.log(20)) return samples
  }
  return Number.POSITIVE_INFINITY
}
