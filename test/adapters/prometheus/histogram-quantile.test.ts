import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histogramQuantile } from '../../../adapters/prometheus/histogram-quantile.ts'

const end = Number.POSITIVE_INFINITY
const quantile = (share: number, ...buckets: readonly (readonly [number, number])[]) =>
  histogramQuantile(new Map(buckets), share)

describe('a quantile of a histogram', () => {
  it.each([
    [
      'in the middle of a bucket',
      0.5,
      [
        [1, 0],
        [2, 10],
        [end, 10],
      ],
      1.5,
      10,
    ],
    [
      'in the first bucket, which begins at zero',
      0.5,
      [
        [4, 10],
        [end, 10],
      ],
      2,
      10,
    ],
    [
      'at an end',
      0.5,
      [
        [1, 5],
        [2, 10],
        [end, 10],
      ],
      1,
      10,
    ],
    [
      'above the last end',
      0.99,
      [
        [1, 5],
        [2, 6],
        [end, 10],
      ],
      2,
      10,
    ],
    [
      'in whatever order',
      0.5,
      [
        [end, 10],
        [2, 10],
        [1, 0],
      ],
      1.5,
      10,
    ],
    [
      'below zero',
      0.5,
      [
        [-1, 10],
        [end, 10],
      ],
      -1,
      10,
    ],
    [
      'where a bucket lags behind the one below it',
      0.5,
      [
        [1, 4],
        [2, 3],
        [4, 8],
        [end, 8],
      ],
      1,
      8,
    ],
    [
      'of a single value',
      0.9,
      [
        [1, 0],
        [2, 1],
        [end, 1],
      ],
      1.9,
      1,
    ],
  ] as const)('is %s', (_where, share, buckets, value, count) => {
    const found = quantile(share, ...buckets)
    expect(found?.value).toBeCloseTo(value, 12)
    expect(found?.count).toBe(count)
  })

  it('is nothing when nothing was counted', () => {
    expect(quantile(0.5)).toBeUndefined()
    expect(quantile(0.5, [1, 0], [end, 0])).toBeUndefined()
  })

  it('lies in the bucket of the value that it stands for', () => {
    const bounds = [1, 2, 4, 8, 16]
    const values = fc.array(fc.double({ min: 0.001, max: 20, noNaN: true }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (given, share) => {
        const buckets = [...bounds, end].map(
          (le) => [le, given.filter((value) => value <= le).length] as const,
        )
        const found = quantile(share, ...buckets)?.value ?? Number.NaN
        const sorted = [...given].sort((left, right) => left - right)
        const exact = sorted[Math.ceil(share * given.length) - 1] ?? Number.NaN
        const above = bounds.find((le) => exact <= le) ?? end
        const below = bounds.filter((le) => le < exact).at(-1) ?? 0
        expect(found).toBeGreaterThanOrEqual(below)
        expect(found).toBeLessThanOrEqual(above === end ? 16 : above)
      }),
    )
  })
})
