import { describe, expect, it } from 'vitest'
import { chooseTest } from '../../../../src/rollout/gates/choose-test.ts'
import { intervalOf } from '../../../../src/rollout/gates/evidence/interval.ts'
import { compareProportions } from '../../../../src/rollout/gates/evidence/proportions.ts'
import type { Sample } from '../../../../src/rollout/gates/evidence/sample.ts'

const aim = { margin: 0, detect: 0.1 }
const proportion: Sample = { kind: 'proportion', bad: 30, total: 1000 }
const moments: Sample = { kind: 'moments', count: 1000, sum: 500, sumSquares: 300 }
const cells: Sample = { kind: 'cells', quantile: 0.95, bounds: [1, 2, 4], counts: [700, 240, 55, 5] }
const events: Sample = { kind: 'events', events: 12, exposureMs: 60_000 }

describe('the test of a gate', () => {
  it('is chosen by what was measured', () => {
    const range = { min: 0, max: 1 }
    const share = 0.5
    const methods = [proportion, moments, cells, events].map((sample) => [
      chooseTest(sample, undefined, { aim })?.method,
      chooseTest(sample, sample, { aim, share })?.method,
      chooseTest(sample, sample, { aim, share, range })?.method,
      chooseTest(sample, sample, { aim })?.method,
    ])
    expect(methods).toEqual([
      ['proportion', 'proportions', 'proportions', 'bounded-means'],
      ['asymptotic-means', 'asymptotic-means', 'bounded-means', 'asymptotic-means'],
      ['quantiles', 'quantiles', 'quantiles', 'quantiles'],
      ['rates', 'rates', 'rates', undefined],
    ])
    expect(chooseTest(moments, undefined, { aim, range })?.method).toBe('bounded-means')
    expect(chooseTest(proportion, moments, { aim })).toBeUndefined()
  })

  it('compares proportions by the split that the step declares', () => {
    const [candidate, stable] = [
      { bad: 30, total: 200 },
      { bad: 60, total: 800 },
    ]
    const chosen = chooseTest(
      { kind: 'proportion', ...candidate },
      { kind: 'proportion', ...stable },
      { aim, share: 0.2 },
    )
    expect(chosen?.comparison.above(0)).toBe(compareProportions(candidate, stable, 0.2, aim).above(0))
    expect(chosen?.comparison.below(0.1)).toBe(compareProportions(candidate, stable, 0.2, aim).below(0.1))
  })

  it('is not exact when the values cannot all lie in the range that the gate names', () => {
    const methodIn = (min: number, max: number): string | undefined =>
      chooseTest(moments, moments, { aim, range: { min, max } })?.method
    expect(methodIn(0, 1)).toBe('bounded-means')
    expect(methodIn(0, 0.6)).toBe('bounded-means')
    expect(methodIn(0, 0.59)).toBe('asymptotic-means')
    expect(methodIn(0.45, 1)).toBe('asymptotic-means')
    const steady: Sample = { kind: 'moments', count: 7, sum: 0.7, sumSquares: 0.07 }
    expect(chooseTest(steady, undefined, { aim, range: { min: 0.1, max: 0.1 + 1e-3 } })?.method).toBe(
      'bounded-means',
    )
  })

  it('gives bounds between which the interval of equal revisions has 0, whatever was measured', () => {
    for (const sample of [proportion, moments, cells, events]) {
      for (const range of [undefined, { min: 0, max: 1 }]) {
        const test = chooseTest(sample, sample, { aim, share: 0.5, ...(range !== undefined && { range }) })
        if (test === undefined) throw new Error(`no test for ${sample.kind}`)
        expect(test.comparison.difference).toBe(0)
        const { low, high } = intervalOf(test.comparison, { alpha: 0.05, beta: 0.1 }, test)
        expect(low).toBeLessThan(0)
        expect(high).toBeGreaterThan(0)
        expect(low).toBeGreaterThan(test.least)
        expect(high).toBeLessThan(test.most)
      }
    }
  })
})
