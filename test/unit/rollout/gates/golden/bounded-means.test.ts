import { describe, expect, it } from 'vitest'
import {
  compareBoundedMean,
  compareBoundedMeans,
  type Range,
} from '../../../../../src/rollout/gates/evidence/bounded-means.ts'
import type { Moments } from '../../../../../src/rollout/gates/evidence/sample.ts'
import {
  type BothSides,
  expectGolden,
  expectInterval,
  type GoldenRow,
  goldenRows,
  type OtherInterval,
  pairsOf,
} from './golden-rows.ts'

interface OneRow extends GoldenRow<Moments> {
  readonly stable?: never
  readonly range: Range
  readonly confseq: BothSides & (OtherInterval | { readonly truth?: never })
}

interface TwoRow extends GoldenRow<Moments> {
  readonly stable: Moments
  readonly range: Range
  readonly confseq?: OtherInterval
}

const rows = goldenRows<OneRow | TwoRow>('bounded-means')
const ofOne = rows.filter((row): row is OneRow => row.stable === undefined)
const ofTwo = rows.filter((row): row is TwoRow => row.stable !== undefined)
/** How far the bound for the lowest evidence may lie below it. */
const tolerance = 0.02

describe('the evidence about a bounded mean and a constant', () => {
  it.each(ofOne)(
    'is the product over the single values: $name',
    ({ candidate, range, aim, confseq, ...golden }) => {
      const comparison = compareBoundedMean(candidate, range, aim)
      expectGolden(comparison, golden)
      // A square of a distance costs more than the logarithm of the same bet in confseq, and never less.
      for (const [told, ours, bets] of pairsOf(comparison, confseq))
        expect(ours, told).toBeLessThanOrEqual(bets + 1e-9)
      if (confseq.truth !== undefined) expectInterval(comparison, confseq, 1.25, [range.min, range.max])
    },
  )
})

describe('the evidence about two bounded means', () => {
  it.each(ofTwo)(
    'is the lowest of a dense grid: $name',
    ({ candidate, stable, share, range, aim, confseq, ...golden }) => {
      const comparison = compareBoundedMeans(candidate, stable, share, range, aim)
      expectGolden(comparison, golden, tolerance)
      const width = range.max - range.min
      // Narrower than the difference of two intervals of confseq.
      if (confseq !== undefined) expectInterval(comparison, confseq, 1, [-width, width])
    },
  )
})
