import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { histogramQuantile } from '../../../../../src/telemetry/contract/histogram-quantile.ts'

const covered = { fromMs: 0, toMs: 60_000 }

describe('a histogram of which more is better', () => {
  it('is turned so that its quantile is that of the mirrored values, in each cell', () => {
    const bounds = fc.constantFrom([1, 2, 4], [-4, -2, 0], [-1, 1, 2], [0, 3])
    fc.assert(
      fc.property(
        bounds.chain((each) =>
          fc.tuple(
            fc.constant(each),
            fc.array(fc.integer({ min: 1, max: 50 }), {
              minLength: each.length + 1,
              maxLength: each.length + 1,
            }),
          ),
        ),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        ([ends, counts], quantile) => {
          const turned = sampleOf({ kind: 'histogram', quantile, bounds: ends, counts, covered }, 'higher')
          if (turned?.kind !== 'cells') throw new Error('it is no histogram')
          expect(histogramQuantile(turned)).toBeCloseTo(
            -histogramQuantile({ quantile, bounds: ends, counts }),
            5,
          )
          expect(turned.counts.length).toBe(turned.bounds.length + 1)
          expect(turned.bounds).toEqual([...turned.bounds].sort((one, other) => one - other))
        },
      ),
    )
  })

  it('is no sample when all its bounds are below 0, because nobody knows where its last cell ends', () => {
    const reading = {
      kind: 'histogram',
      quantile: 0.9,
      bounds: [-2, -1],
      counts: [1, 1, 1],
      covered,
    } as const
    expect(sampleOf(reading, 'higher')).toBeUndefined()
    expect(sampleOf(reading, 'lower')).toMatchObject({ kind: 'cells' })
  })
})
