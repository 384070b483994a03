import { describe, expect, it } from 'vitest'
import { intervalOf } from '../../../../../src/rollout/gates/evidence/interval.ts'
import { compareRate, compareRates } from '../../../../../src/rollout/gates/evidence/rates.ts'
import type { Events } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { expectGolden, type GoldenRow, goldenRows } from './golden-rows.ts'

interface OneRow extends GoldenRow<Events> {
  readonly stable?: never
  /** The lowest rate of confseq at 2.5 %. */
  readonly confseq?: { readonly truth: number; readonly low: number }
}

interface TwoRow extends GoldenRow<Events> {
  readonly stable: Events
  /** Evidence for a margin of 0, from a bet for each event. */
  readonly confseq: { readonly above: number; readonly below: number }
}

const rows = goldenRows<OneRow | TwoRow>('rates')
const ofOne = rows.filter((row): row is OneRow => row.stable === undefined)
const ofTwo = rows.filter((row): row is TwoRow => row.stable !== undefined)

describe('the evidence about a rate and a constant', () => {
  it.each(ofOne)('is that of scipy: $name', (row) => {
    expectGolden(compareRate(row.candidate, row.aim), row)
  })

  it('reaches at most a quarter further below the measured rate than confseq', () => {
    const known = ofOne.filter(({ confseq }) => confseq !== undefined)
    expect(known.length).toBeGreaterThan(4)
    for (const { candidate, aim, confseq } of known) {
      const { truth, low } = confseq as { readonly truth: number; readonly low: number }
      const comparison = compareRate(candidate, aim)
      const most = 2 * comparison.difference
      const ours = intervalOf(comparison, { alpha: 0.025, beta: 0.025 }, { least: 0, most })
      for (const each of [ours.low, low]) expect(each).toBeLessThanOrEqual(truth)
      expect(comparison.difference - ours.low).toBeLessThanOrEqual(1.25 * (comparison.difference - low))
    }
  })
})

describe('the evidence about two rates', () => {
  it.each(ofTwo)('is that of scipy and, at a margin of 0, of bets in confseq: $name', (row) => {
    const comparison = compareRates(row.candidate, row.stable, row.aim)
    expectGolden(comparison, row)
    expectGolden(comparison, { above: [[0, row.confseq.above]], below: [[0, row.confseq.below]] })
  })
})
