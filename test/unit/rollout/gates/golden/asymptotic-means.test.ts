import { describe, it } from 'vitest'
import { compareMean, compareMeans } from '../../../../../src/rollout/gates/evidence/asymptotic-means.ts'
import type { Moments } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { type BothSides, expectGolden, type GoldenRow, goldenRows } from './golden-rows.ts'

interface Row extends Omit<GoldenRow<Moments>, 'above' | 'below'> {
  readonly scipy: BothSides
  readonly confseq: BothSides
  readonly expectation: BothSides
}

describe('the evidence about means of any values', () => {
  it.each(goldenRows<Row>('asymptotic-means'))(
    'is the normal mixture of confseq, of expectation and of scipy: $name',
    ({ candidate, stable, aim, ...golden }) => {
      const comparison =
        stable === undefined ? compareMean(candidate, aim) : compareMeans(candidate, stable, aim)
      for (const method of ['scipy', 'confseq', 'expectation'] as const)
        expectGolden(comparison, golden[method])
    },
  )
})
