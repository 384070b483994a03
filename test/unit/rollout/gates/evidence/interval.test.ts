import { describe, expect, it } from 'vitest'
import { intervalOf } from '../../../../../src/rollout/gates/evidence/interval.ts'
import { compareProportions } from '../../../../../src/rollout/gates/evidence/proportions.ts'
import { splitProportionsTest } from '../../../../../src/rollout/gates/evidence/split-proportions.ts'
import { testVerdict } from '../../../../../src/rollout/gates/test-verdict.ts'

describe('the interval of a comparison', () => {
  const aim = { margin: 0.01, detect: 0.02, basis: 0.01 }
  const of = (samples: number, candidate: number) => {
    const comparison = compareProportions(
      { bad: samples * candidate, total: samples },
      { bad: samples * 0.01, total: samples },
      0.5,
      aim,
    )
    const levels = { alpha: 0.05, beta: 0.1 }
    const judged = { margin: 0.01, verdict: testVerdict(comparison, 0.01, levels) }
    return { comparison, ...intervalOf(comparison, levels, { least: -1, most: 1 }, judged) }
  }

  it('has the measured difference inside, and shrinks with the number of samples', () => {
    let last = 2
    for (const samples of [100, 1000, 10_000, 100_000]) {
      const { low, high } = of(samples, 0.02)
      expect(low).toBeLessThan(0.01)
      expect(high).toBeGreaterThan(0.01)
      expect(high - low).toBeLessThan(last)
      last = high - low
    }
  })

  it('lies above the margin just when the candidate is shown to be worse, and below it when it is shown to be within', () => {
    for (const candidate of [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.05]) {
      for (const samples of [200, 1000, 5000, 20_000]) {
        const { comparison, low, high } = of(samples, candidate)
        expect(low > 0.01).toBe(comparison.above(0.01) > -Math.log(0.05))
        expect(high < 0.01).toBe(comparison.below(0.01) > -Math.log(0.1))
      }
    }
  })

  it('ends where margins are refuted, and hardly beyond', () => {
    for (const candidate of [0, 0.005, 0.02, 0.05, 0.5]) {
      for (const samples of [200, 5000, 100_000]) {
        const { comparison, low, high } = of(samples, candidate)
        const { above, below, difference } = comparison
        // The last part of the way to an end is not refuted.
        const shortOf = (end: number): number => difference + 0.98 * (end - difference)
        expect(above(low)).toBeGreaterThan(-Math.log(0.05))
        expect(above(shortOf(low))).toBeLessThan(-Math.log(0.05))
        expect(below(high)).toBeGreaterThan(-Math.log(0.1))
        expect(below(shortOf(high))).toBeLessThan(-Math.log(0.1))
      }
    }
  })

  it('ends so where the samples do not divide as declared, too, whatever was judged before', () => {
    const levels = { alpha: 0.05, beta: 0.1 }
    for (const bad of [0.005, 0.02, 0.05]) {
      for (const [ours, theirs] of [
        [300, 500],
        [5200, 4800],
        [70_000, 30_000],
      ] as const) {
        const compare = splitProportionsTest(0.5, aim)
        const counts = [
          { bad: ours * bad, total: ours },
          { bad: theirs * 0.01, total: theirs },
        ] as const
        const comparison = compare(...counts)
        const judged = { margin: 0.01, wanted: 0.01, verdict: testVerdict(comparison, 0.01, levels) }
        const { low, high } = intervalOf(comparison, levels, { least: -1, most: 1 }, judged)
        const { above, below, difference } = compare(...counts)
        const shortOf = (end: number): number => difference + 0.98 * (end - difference)
        expect(above(low)).toBeGreaterThan(-Math.log(0.05))
        expect(above(shortOf(low))).toBeLessThan(-Math.log(0.05))
        expect(below(high)).toBeGreaterThan(-Math.log(0.1))
        expect(below(shortOf(high))).toBeLessThan(-Math.log(0.1))
      }
    }
  })
})
