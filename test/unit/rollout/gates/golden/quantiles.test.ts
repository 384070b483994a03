import { describe, expect, it } from 'vitest'
import { compareQuantile, compareQuantiles } from '../../../../../src/rollout/gates/evidence/quantiles.ts'
import {
  type BothSides,
  expectGolden,
  expectInterval,
  type GoldenRow,
  goldenRows,
  type OtherInterval,
} from './golden-rows.ts'

interface Histograms extends GoldenRow<readonly number[]> {
  readonly quantile: number
  readonly bounds: readonly number[]
}

interface OneRow extends Histograms {
  readonly stable?: never
  readonly confseq: BothSides & OtherInterval
}

interface TwoRow extends Histograms {
  readonly stable: readonly number[]
  /** Logarithm of 1 through the p-value that both quantiles are the same. */
  readonly confseq?: { readonly logEvidenceOfDifference: number }
}

const rows = goldenRows<OneRow | TwoRow>('quantiles')
const ofOne = rows.filter((row): row is OneRow => row.stable === undefined)
const ofTwo = rows.filter((row): row is TwoRow => row.stable !== undefined)
/** How far the bound for the lowest evidence may lie below it. */
const tolerance = 0.02

describe('the evidence about a quantile and a constant', () => {
  it.each(ofOne)(
    'is that of scipy and of bets in confseq: $name',
    ({ quantile, bounds, candidate, aim, confseq, ...golden }) => {
      const comparison = compareQuantile({ quantile, bounds, counts: candidate }, aim)
      expectGolden(comparison, golden)
      expectGolden(comparison, confseq)
      expectInterval(comparison, confseq, 1.25, [0, bounds.at(-1) as number])
    },
  )
})

describe('the evidence about two quantiles', () => {
  it.each(ofTwo)(
    'is the lowest of a dense grid: $name',
    ({ quantile, bounds, candidate, stable, share, aim, ...golden }) => {
      const [one, other] = [
        { quantile, bounds, counts: candidate },
        { quantile, bounds, counts: stable },
      ]
      expectGolden(compareQuantiles(one, other, share, aim), golden, tolerance)
    },
  )

  it('shows a difference no later than the test of confseq', () => {
    const known = ofTwo.filter(({ confseq }) => confseq !== undefined)
    expect(known.length).toBe(2)
    for (const { quantile, bounds, candidate, stable, share, aim, confseq } of known) {
      const [one, other] = [
        { quantile, bounds, counts: candidate },
        { quantile, bounds, counts: stable },
      ]
      const comparison = compareQuantiles(one, other, share, aim)
      const ours = comparison.difference > 0 ? comparison.above(0) : comparison.below(0)
      expect(ours).toBeGreaterThanOrEqual(confseq?.logEvidenceOfDifference as number)
    }
  })
})
