import { describe, expect, it } from 'vitest'
import {
  compareBoundedMean,
  compareBoundedMeans,
} from '../../../../../src/rollout/gates/evidence/bounded-means.ts'
import type { Comparison } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import { compareProportion } from '../../../../../src/rollout/gates/evidence/proportion.ts'
import { compareProportions } from '../../../../../src/rollout/gates/evidence/proportions.ts'
import { compareQuantile, compareQuantiles } from '../../../../../src/rollout/gates/evidence/quantiles.ts'
import { compareRate, compareRates } from '../../../../../src/rollout/gates/evidence/rates.ts'
import type { CellCounts, Moments } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { poisson } from './poisson.ts'

/** A small one, so that few samples can exceed it. */
const alpha = 0.2
const unit = { min: 0, max: 1 }

const moments = (bad: number, count: number): Moments => ({ count, sum: bad, sumSquares: bad })
/** Its median is 1 when half of the samples are bad. */
const cells = (bad: number, total: number): CellCounts => ({
  quantile: 0.5,
  bounds: [1, 2],
  counts: [total - bad, bad, 0],
})

/** Methods for one revision, of so many samples of which some are bad. */
const ofOne: Readonly<
  Record<string, (bad: number, total: number, truth: number) => readonly [Comparison, number]>
> = {
  proportion: (bad, total, truth) => [
    compareProportion({ bad, total }, { margin: truth, detect: truth + 0.2 }),
    truth,
  ],
  'bounded means': (bad, total, truth) => [
    compareBoundedMean(moments(bad, total), unit, { margin: truth, detect: truth + 0.2 }),
    truth,
  ],
  quantiles: (bad, total, truth) => {
    const median = truth <= 0.5 ? 0.5 / (1 - truth) : 2 - 0.5 / truth
    return [compareQuantile(cells(bad, total), { margin: median, detect: median + 0.5 }), median]
  },
}

/** Methods for two revisions with as many samples each. */
const ofTwo: Readonly<
  Record<string, (ours: number, theirs: number, total: number, truth: number) => Comparison>
> = {
  proportions: (ours, theirs, total) =>
    compareProportions({ bad: ours, total }, { bad: theirs, total }, 0.5, { margin: 0, detect: 0.3 }),
  'bounded means': (ours, theirs, total) =>
    compareBoundedMeans(moments(ours, total), moments(theirs, total), 0.5, unit, { margin: 0, detect: 0.3 }),
  quantiles: (ours, theirs, total) =>
    compareQuantiles(cells(ours, total), cells(theirs, total), 0.5, { margin: 0, detect: 0.5, basis: 1 }),
}

describe.each(['above', 'below'] as const)(
  'the chance that a look is ever fooled, all looks together: %s',
  (side) => {
    it.each(Object.entries(ofOne))('is at most the level, by %s of one revision', (_, method) => {
      for (const truth of [0.1, 0.3, 0.5, 0.8]) {
        let chances = [1]
        let fooled = 0
        for (let total = 1; total <= 150; total += 1) {
          const next = chances
            .concat(0)
            .map((_each, bad) => (chances[bad] ?? 0) * (1 - truth) + (chances[bad - 1] ?? 0) * truth)
          chances = next.map((chance, bad) => {
            const [comparison, margin] = method(bad, total, truth)
            if (comparison[side](margin) <= -Math.log(alpha)) return chance
            fooled += chance
            return 0
          })
        }
        expect(fooled).toBeLessThanOrEqual(alpha)
        expect(fooled + chances.reduce((sum, chance) => sum + chance)).toBeCloseTo(1, 9)
      }
    })

    it.each(Object.entries(ofTwo))('is at most the level, by %s of two revisions', (_, method) => {
      for (const truth of [0.1, 0.5]) {
        let chances: readonly (readonly number[])[] = [[1]]
        let fooled = 0
        const last = 24
        for (let total = 1; total <= last; total += 1) {
          const at = (ours: number, theirs: number): number => chances[ours]?.[theirs] ?? 0
          chances = Array.from({ length: total + 1 }, (_row, ours) =>
            Array.from({ length: total + 1 }, (_cell, theirs) => {
              const chance =
                at(ours, theirs) * (1 - truth) ** 2 +
                (at(ours - 1, theirs) + at(ours, theirs - 1)) * truth * (1 - truth) +
                at(ours - 1, theirs - 1) * truth ** 2
              if (chance === 0 || method(ours, theirs, total, truth)[side](0) <= -Math.log(alpha))
                return chance
              fooled += chance
              return 0
            }),
          )
        }
        expect(fooled).toBeLessThanOrEqual(alpha)
        // Few samples do fool some looks.
        expect(fooled).toBeGreaterThan(0)
      }
    })

    it('is at most the level, by rates of one revision and of two', () => {
      const [each, most, looks] = [0.5, 40, 25]
      const steps = Array.from({ length: 12 }, (_, events) => poisson(events, each))
      for (const arms of [1, 2] as const) {
        const table = new Map([['0 0', 1]])
        let chances = table
        let fooled = 0
        for (let look = 1; look <= looks; look += 1) {
          const next = new Map<string, number>()
          const exposureMs = look * 1000
          for (const [place, chance] of chances) {
            const [ours = 0, theirs = 0] = place.split(' ').map(Number)
            for (const [more, first] of steps.entries()) {
              for (const [others, second] of (arms === 1 ? [1] : steps).entries()) {
                const key = `${Math.min(most, ours + more)} ${Math.min(most, theirs + others)}`
                next.set(key, (next.get(key) ?? 0) + chance * first * second)
              }
            }
          }
          for (const place of [...next.keys()]) {
            const [ours = 0, theirs = 0] = place.split(' ').map(Number)
            const aim = { margin: arms === 1 ? each : 0, detect: each * (arms === 1 ? 2 : 1) }
            const [one, other] = [
              { events: ours, exposureMs },
              { events: theirs, exposureMs },
            ]
            const comparison = arms === 1 ? compareRate(one, aim) : compareRates(one, other, aim)
            if (comparison[side](aim.margin) <= -Math.log(alpha)) continue
            fooled += next.get(place) ?? 0
            next.delete(place)
          }
          chances = next
        }
        expect(fooled).toBeLessThanOrEqual(alpha)
        expect(fooled).toBeGreaterThan(0)
      }
    })
  },
)
