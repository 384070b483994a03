import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  lowestOfConcave,
  lowestOfCrossing,
} from '../../../../../src/rollout/gates/evidence/lowest-evidence.ts'
import { type PairedBets, pairedEvidence } from '../../../../../src/rollout/gates/evidence/paired-bets.ts'

const ranks = 4
const weights = [0.1, 0.2, 0.3, 0.4]
/** How much lower than the lowest evidence a result may be. */
const tolerance = 0.021

interface Curve {
  readonly height: number
  readonly slope: number
  readonly bend: number
}

const curves = (most: number): fc.Arbitrary<readonly Curve[]> =>
  fc.array(
    fc.record({
      height: fc.double({ min: -5, max: 5, noNaN: true }),
      slope: fc.double({ min: -most, max: most, noNaN: true }),
      bend: fc.oneof(fc.constant(0), fc.double({ min: 0, max: most, noNaN: true })),
    }),
    { minLength: ranks, maxLength: ranks },
  )

const valueAt = ({ height, slope, bend }: Curve, x: number): number => height + slope * x - bend * x * x

describe('the lowest evidence over all places', () => {
  it('is that of a fine grid where bets are concave, and never more', () => {
    const most = fc.constantFrom(1, 30, 1000)
    fc.assert(
      fc.property(
        most.chain((each) => fc.tuple(curves(each), curves(each))),
        ([upper, lower]) => {
          const at = (x: number): PairedBets => ({
            upper: upper.map((curve) => valueAt(curve, x)),
            lower: lower.map((curve) => valueAt(curve, x)),
          })
          const found = lowestOfConcave(weights, at, 0, 1)
          let lowest = Number.POSITIVE_INFINITY
          for (let x = 0; x <= 4000; x += 1) {
            lowest = Math.min(lowest, pairedEvidence(weights, at(x / 4000)))
          }
          expect(found).toBeLessThanOrEqual(lowest)
          // Between two places of the grid the evidence may be a little lower.
          expect(found).toBeGreaterThanOrEqual(lowest - tolerance - 0.3)
          expect(lowestOfConcave(weights, at, 0, 1, found - 1)).toBe(found - 1)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is taken to be a bound below it where bets bend too sharply to look closer, and never to be more', () => {
    const steep = 1e16
    for (const place of [0.5, 0.3, 0.71]) {
      // One bet of each arm is worth 0 up to the bend and nothing beyond it, the other one is worth -5 everywhere.
      const at = (x: number): PairedBets => ({
        upper: [-steep * Math.max(0, x - place), -5],
        lower: [-steep * Math.max(0, place - x), -5],
      })
      const lowest = Math.min(...[0, place, 1].map((x) => pairedEvidence([0.5, 0.5], at(x))))
      const found = lowestOfConcave([0.5, 0.5], at, 0, 1)
      expect(found).toBeLessThanOrEqual(lowest)
      // That it is so much lower shows that the search gave up.
      expect(found).toBeLessThan(lowest - 1)
      expect(found).toBeGreaterThan(-20)
    }
  })

  it('is that of all whole numbers and what lies between them where one arm falls and the other grows', () => {
    const steps = fc.array(fc.nat(9), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(steps, steps, fc.double({ min: 0.01, max: 1, noNaN: true }), (downs, ups, stake) => {
        const length = Math.min(downs.length, ups.length)
        const sumTo = (numbers: readonly number[], x: number): number =>
          numbers.slice(0, x).reduce((sum, each) => sum + each, 0)
        const at = (x: number): PairedBets => ({
          upper: weights.map((_, rank) => -stake * rank * sumTo(downs, x)),
          lower: weights.map((_, rank) => stake * rank * (sumTo(ups, x) - 10)),
        })
        const between = (x: number): number => pairedEvidence(weights, at(x)) - 0.3 * (x % 3)
        const found = lowestOfCrossing(weights, at, 0, length - 1, (x, known) => Math.min(known, between(x)))
        let lowest = pairedEvidence(weights, at(length - 1))
        for (let x = 0; x < length - 1; x += 1) {
          const { upper } = at(x + 1)
          const bound = pairedEvidence(weights, { upper, lower: at(x).lower })
          const here = pairedEvidence(weights, at(x))
          // What lies between two whole numbers is not below the bound that their bets give.
          lowest = Math.min(lowest, here, Math.max(bound, between(x)))
        }
        expect(found).toBeLessThanOrEqual(lowest + 1e-9)
      }),
    )
  })
})
