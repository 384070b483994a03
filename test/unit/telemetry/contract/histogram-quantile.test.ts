import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histogramQuantile } from '../../../../src/telemetry/contract/histogram-quantile.ts'

const bounds = [100, 250, 500]

describe('the quantile of a histogram', () => {
  it.each<[string, number, number[], number]>([
    ['spreads samples evenly within their cell', 0.5, [0, 4, 0, 0], 175],
    ['lets the first cell begin at 0', 0.25, [4, 0, 0, 0], 25],
    ['passes over cells without samples', 0.75, [1, 0, 3, 0], 250 + (250 * 2) / 3],
    ['has samples above all bounds at the last bound', 0.9, [1, 0, 0, 9], 500],
    ['has the end of a cell where the share ends with it', 0.5, [2, 2, 0, 0], 100],
  ])('%s', (_law, quantile, counts, value) => {
    expect(histogramQuantile({ quantile, bounds, counts })).toBeCloseTo(value, 9)
  })

  it('has no number without samples', () => {
    expect(histogramQuantile({ quantile: 0.5, bounds, counts: [0, 0, 0, 0] })).toBeNaN()
  })

  it('takes a first bound below 0 as it is', () => {
    expect(histogramQuantile({ quantile: 0.5, bounds: [-5, 5], counts: [2, 0, 0] })).toBe(-5)
  })

  it('lies in the cell that holds the sample of that rank', () => {
    const quantile = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    const values = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(quantile, values, (share, given) => {
        const cellOf = (value: number): number =>
          bounds.findIndex((bound) => value <= bound) < 0
            ? bounds.length
            : bounds.findIndex((bound) => value <= bound)
        const counts = [0, 0, 0, 0]
        for (const value of given) counts[cellOf(value)] = (counts[cellOf(value)] ?? 0) + 1
        const sorted = given.toSorted((one, other) => one - other)
        const ranked = sorted[Math.max(0, Math.ceil(share * given.length) - 1)] as number
        const told = histogramQuantile({ quantile: share, bounds, counts })
        const cell = cellOf(ranked)
        expect(told).toBeLessThanOrEqual((bounds[cell] ?? 500) + 1e-9)
        expect(told).toBeGreaterThanOrEqual((bounds[cell - 1] ?? 0) - 1e-9)
      }),
    )
  })
})
