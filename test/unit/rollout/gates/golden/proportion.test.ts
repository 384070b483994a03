import { describe, it } from 'vitest'
import { compareProportion } from '../../../../../src/rollout/gates/evidence/proportion.ts'
import type { Proportion } from '../../../../../src/rollout/gates/evidence/sample.ts'
import {
  type BothSides,
  expectGolden,
  expectInterval,
  type GoldenRow,
  goldenRows,
  type OtherInterval,
} from './golden-rows.ts'

interface Row extends GoldenRow<Proportion> {
  readonly confseq: BothSides & OtherInterval
}

describe('the evidence about a proportion and a constant', () => {
  it.each(goldenRows<Row>('proportion'))('is that of scipy and of bets in confseq: $name', (row) => {
    const comparison = compareProportion(row.candidate, row.aim)
    expectGolden(comparison, row)
    expectGolden(comparison, row.confseq)
    // confseq mixes all proportions for a known number of samples. Ours are a few, and serve any number.
    expectInterval(comparison, row.confseq, 1.4, [0, 1])
  })
})
