import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellOf, histogramBounds, histogramCells } from '../../../src/windows/histogram.ts'

describe('the cells of a histogram', () => {
  it('hold the numbers above the bound before them, up to their own bound', () => {
    const value = fc.double({ min: 0.26, max: 450_000, noNaN: true })
    fc.assert(
      fc.property(value, (given) => {
        const cell = cellOf(given)
        const [from, to] = [histogramBounds[cell - 1] ?? 0, histogramBounds[cell] as number]
        expect(given).toBeGreaterThan(from * (1 - 1e-12))
        expect(given).toBeLessThanOrEqual(to * (1 + 1e-12))
        expect(to / Math.max(from, 0.25)).toBeLessThan(1.13)
      }),
    )
  })

  it('include their own bound', () => {
    for (let power = -1; power < 19; power += 1) {
      const cell = cellOf(2 ** power)
      expect(histogramBounds[cell]).toBe(2 ** power)
      expect(cellOf(2 ** power * 1.0001)).toBe(cell + 1)
    }
  })

  it('have one bound less than there are cells', () => {
    expect(histogramBounds).toHaveLength(histogramCells - 1)
  })

  it.each([
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [1e-9, 0],
    [0.25, 0],
    [1e12, histogramCells - 1],
    [Number.POSITIVE_INFINITY, histogramCells - 1],
  ])('count %s in an outermost cell', (value, cell) => {
    expect(cellOf(value)).toBe(cell)
  })
})
