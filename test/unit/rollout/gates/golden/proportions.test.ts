import { describe, expect, it } from 'vitest'
import { compareProportions } from '../../../../../src/rollout/gates/evidence/proportions.ts'
import type { Proportion } from '../../../../../src/rollout/gates/evidence/sample.ts'
import {
  expectGolden,
  expectInterval,
  type GoldenRow,
  goldenRows,
  type OtherInterval,
} from './golden-rows.ts'

interface Row extends GoldenRow<Proportion> {
  readonly stable: Proportion
  /** Evidence for a margin of 0, from the package's own e-values of each alternative. */
  readonly expectation?: { readonly above: number; readonly below: number }
  readonly confseq?: OtherInterval
}

const rows = goldenRows<Row>('proportions')

describe('the evidence about two proportions', () => {
  it.each(rows)('is that of scipy: $name', ({ candidate, stable, share, aim, ...golden }) => {
    expectGolden(compareProportions(candidate, stable, share, aim), golden)
  })

  it('is made of the e-values of expectation where the margin is 0', () => {
    const known = rows.flatMap(({ expectation, ...row }) =>
      expectation === undefined ? [] : [{ ...row, expectation }],
    )
    expect(known.length).toBeGreaterThan(4)
    for (const { candidate, stable, share, aim, expectation } of known) {
      const golden = { above: [[0, expectation.above]], below: [[0, expectation.below]] } as const
      expectGolden(compareProportions(candidate, stable, share, aim), golden)
    }
  })

  it('gives an interval that is narrower than the difference of two intervals of confseq', () => {
    const known = rows.filter(({ confseq }) => confseq !== undefined)
    expect(known.length).toBeGreaterThan(4)
    for (const { candidate, stable, share, aim, confseq } of known) {
      expectInterval(compareProportions(candidate, stable, share, aim), confseq as OtherInterval, 1, [-1, 1])
    }
  })
})
