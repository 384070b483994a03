import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellOf, histogramCells, histogramError, percentile } from '../../../src/windows/histogram.ts'

function tally(values: readonly number[]): Uint32Array {
  const tallies = new Uint32Array(histogramCells)
  for (const value of values) {
    const cell = cellOf(value)
    tallies[cell] = (tallies[cell] ?? 0) + 1
  }
  return tallies
}

describe('a percentile', () => {
  it('differs from the exact value by at most the stated error, at any rank', () => {
    const value = fc.double({ min: 0.26, max: 500_000, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, quantile) => {
          const sorted = [...values].sort((left, right) => left - right)
          const exact = sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] as number
          const told = percentile(tally(values), quantile) as number
          expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(histogramError + 1e-9)
        },
      ),
    )
    expect(histogramError).toBeLessThan(0.06)
  })

  it('is unknown when nothing was counted', () => {
    expect(percentile(new Uint32Array(histogramCells), 0.5)).toBeUndefined()
  })

  it.each([0, -1, Number.NaN, 1e-9, 1e12, Number.POSITIVE_INFINITY])(
    'counts %s in an outermost cell',
    (value) => {
      expect([0, histogramCells - 1]).toContain(cellOf(value))
    },
  )
})
