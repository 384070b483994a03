import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import { compareMean, compareMeans } from '../../../../../src/rollout/gates/evidence/asymptotic-means.ts'
import { logNormalCdf } from '../../../../../src/rollout/gates/evidence/normal.ts'
import type { Moments } from '../../../../../src/rollout/gates/evidence/sample.ts'

const aim = { margin: 0, detect: 10, basis: 100 }
const shown = Math.log(20)

function momentsOf(count: number, mean: number, deviation: number): Moments {
  return { count, sum: count * mean, sumSquares: count * mean * mean + (count - 1) * deviation * deviation }
}

describe('the evidence about two means of any values', () => {
  it('is the same for the other side when the arms are swapped', () => {
    const moments = fc
      .tuple(
        fc.integer({ min: 64, max: 9000 }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
      )
      .map(([count, mean, deviation]) => momentsOf(count, mean, deviation))
    fc.assert(
      fc.property(moments, moments, fc.double({ min: -20, max: 20, noNaN: true }), (one, other, margin) => {
        const [there, back] = [compareMeans(one, other, aim), compareMeans(other, one, aim)]
        expect(there.above(margin)).toBeCloseTo(back.below(-margin), 6)
        expect(there.below(margin)).toBeCloseTo(back.above(-margin), 6)
      }),
    )
  })

  it('waits until the spread of both revisions is known', () => {
    const [few, many] = [momentsOf(63, 200, 10), momentsOf(64, 200, 10)]
    const stable = momentsOf(5000, 100, 10)
    expect(compareMeans(few, stable, aim).above(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareMeans(stable, few, aim).below(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(compareMeans(many, stable, aim).above(0)).toBeGreaterThan(shown)
  })

  it('shows a difference near where it is expected, and small ones in the end', () => {
    // Of evidence ln 20 for a difference of 10 at a deviation of 50, no test shows it on average before some 300 samples.
    expect(compareMeans(momentsOf(450, 110, 50), momentsOf(450, 100, 50), aim).above(0)).toBeGreaterThan(
      shown,
    )
    expect(compareMeans(momentsOf(250, 110, 50), momentsOf(250, 100, 50), aim).above(0)).toBeLessThan(shown)
    expect(compareMeans(momentsOf(1e6, 100.5, 50), momentsOf(1e6, 100, 50), aim).above(0)).toBeGreaterThan(
      shown,
    )
  })

  it('takes a revision that met no rare value for as widely spread as the other one', () => {
    const [rare, none] = [momentsOf(1000, 3, 17), { count: 100, sum: 0, sumSquares: 0 }]
    expect(compareMeans(none, rare, aim).below(0)).toBeLessThan(shown)
  })

  it('cries wolf in 5 of 100 runs at most where few of many skewed values go to the candidate', () => {
    for (const side of ['above', 'below'] as const) {
      const runs = Array.from({ length: 200 }, (_, run) => isShown(run, side))
      expect([side, runs.filter(Boolean).length]).toEqual([side, Math.min(10, runs.filter(Boolean).length)])
    }
  })
})

describe('the evidence about a mean of any values and a constant', () => {
  it('is about 1 on average under the claim, which holds for many samples only', () => {
    // Over all outcomes of a normal mean of 400 samples, whose spread is known nearly.
    for (const side of ['above', 'below'] as const) {
      let mean = 0
      for (let z = -8; z <= 8; z += 0.001) {
        const { [side]: evidence } = compareMean(momentsOf(400, 100 + z * 2.5, 50), {
          margin: 100,
          detect: 101,
        })
        mean += 0.001 * (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * Math.exp(evidence(100))
      }
      expect(mean).toBeLessThan(1)
      // Rare large values that were not met would speak against the claim that the mean is below.
      expect(mean).toBeGreaterThan(side === 'above' ? 0.9 : 0.6)
    }
  })

  it('cries wolf in 5 of 100 runs at most for log-normal values, whose rare large ones may be missed', () => {
    for (const spread of [0.6, 1, 1.5]) {
      for (const sign of [1, -1]) {
        const bound = sign * Math.exp((spread * spread) / 2)
        const shownOf = (run: number, side: 'above' | 'below'): boolean => {
          const random = seededRandom(run + 1)
          const moments = { count: 0, sum: 0, sumSquares: 0 }
          for (let sample = 1; sample <= 2000; sample += 1) {
            const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
            const value = sign * Math.exp(spread * z)
            moments.count += 1
            moments.sum += value
            moments.sumSquares += value * value
            if (sample % 20 > 0) continue
            const { [side]: evidence } = compareMean(moments, { margin: bound, detect: bound + 0.1 })
            if (evidence(bound) > shown) return true
          }
          return false
        }
        for (const side of ['above', 'below'] as const) {
          const runs = Array.from({ length: 150 }, (_, run) => shownOf(run, side)).filter(Boolean).length
          expect([spread, sign, side, runs <= 8]).toEqual([spread, sign, side, true])
        }
      }
    }
  })

  it('does not take values that are all equal for certain', () => {
    const equal = (count: number): Moments => ({ count, sum: 0, sumSquares: 0 })
    const bound = { margin: 0.03, detect: 0.06 }
    expect(compareMean(equal(100), bound).below(0.03)).toBeLessThan(shown)
    expect(compareMean(equal(400), bound).below(0.03)).toBeGreaterThan(shown)
    expect(compareMean(equal(400), bound).above(0.03)).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('the logarithm of the normal distribution function', () => {
  it('is right near the middle and far from it', () => {
    // By scipy.stats.norm.logcdf.
    for (const [z, value] of [
      [-38, -726.5572160188201],
      [-10, -53.23128515051248],
      [-6.5, -23.938149495161845],
      [-5, -15.064998393988727],
      [-3, -6.60772622151035],
      [-2.9, -6.284058234947419],
      [-1, -1.8410216450092634],
      [0, -Math.LN2],
      [1, -0.1727537790234499],
      [4, -3.1671743377489206e-5],
      [8, -6.220960574271742e-16],
    ] as const) {
      expect(Math.abs(logNormalCdf(z) / value - 1), String(z)).toBeLessThan(1e-12)
    }
  })
})

/** Whether a difference is falsely shown of equal revisions, the candidate with a tenth of log-normal values. */
function isShown(run: number, side: 'above' | 'below'): boolean {
  const random = seededRandom(run + 1)
  const [ours, theirs] = [
    { count: 0, sum: 0, sumSquares: 0 },
    { count: 0, sum: 0, sumSquares: 0 },
  ]
  for (let sample = 1; sample <= 3000; sample += 1) {
    const moments = random() < 0.1 ? ours : theirs
    const value = 100 * Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
    moments.count += 1
    moments.sum += value
    moments.sumSquares += value * value
    if (sample % 50 === 0 && compareMeans(ours, theirs, aim)[side](0) > shown) return true
  }
  return false
}
