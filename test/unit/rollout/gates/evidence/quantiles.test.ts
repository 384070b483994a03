import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import type { Aim } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import { compareQuantile, compareQuantiles } from '../../../../../src/rollout/gates/evidence/quantiles.ts'
import type { CellCounts } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { histogramQuantile } from '../../../../../src/telemetry/contract/histogram-quantile.ts'
import { cellOf, histogramCells } from '../../../../../src/windows/histogram.ts'
import { meanEvidence, outcomesOf } from './multinomial.ts'

const quantile = fc.constantFrom(0.5, 0.8, 0.95)
const share = fc.double({ min: 0.1, max: 0.9, noNaN: true })
const chances = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => parts.map((part) => part / parts.reduce((sum, each) => sum + each)))
const bounds = fc.constantFrom([1, 2, 4], [-4, -2, -1], [-1, 1, 2])
const basis = fc.option(fc.double({ min: -3, max: 4, noNaN: true }), { nil: undefined })

function aimOf(margin: number, basis: number | undefined): Aim {
  return { margin, detect: margin + 0.5, ...(basis !== undefined && { basis }) }
}

describe('the evidence about two quantiles', () => {
  it('is 1 on average at most if the claim is true, wherever in its cell a quantile lies', () => {
    fc.assert(
      fc.property(
        quantile,
        share,
        chances,
        chances,
        bounds,
        bounds,
        basis,
        (p, part, ours, theirs, here, there, known) => {
          const truth = (bounds: readonly number[], counts: readonly number[]): number =>
            histogramQuantile({ quantile: p, bounds, counts })
          const difference = truth(here, ours) - truth(there, theirs)
          const [one, other] = [outcomesOf(3, ours), outcomesOf(3, theirs)]
          for (const [side, margin] of [
            ['above', difference],
            ['above', difference + 0.3],
            ['below', difference],
            ['below', difference - 0.3],
          ] as const) {
            const mean = meanEvidence(one, other, (c, s) =>
              compareQuantiles(
                { quantile: p, bounds: here, counts: c },
                { quantile: p, bounds: there, counts: s },
                part,
                aimOf(margin, known),
              )[side](margin),
            )
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  it('is the same for the other side when the arms are swapped', () => {
    const cells = fc.array(fc.nat(500), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(
        quantile,
        share,
        cells,
        cells,
        basis,
        fc.double({ min: -3, max: 3, noNaN: true }),
        (p, part, ours, theirs, known, margin) => {
          const bounds = [1, 2, 3, 5, 8]
          const one = { quantile: p, bounds, counts: ours }
          const other = { quantile: p, bounds, counts: theirs }
          const there = compareQuantiles(one, other, part, aimOf(0, known))
          const back = compareQuantiles(other, one, 1 - part, aimOf(0, known))
          expect(there.above(margin)).toBeCloseTo(back.below(-margin), 6)
          expect(there.below(margin)).toBeCloseTo(back.above(-margin), 6)
        },
      ),
    )
  })

  it('falls as the margin grows, for evidence that it is exceeded', () => {
    const cells = fc.array(fc.nat(500), { minLength: 6, maxLength: 6 })
    const margin = fc.double({ min: -9, max: 9, noNaN: true })
    fc.assert(
      fc.property(quantile, cells, cells, margin, margin, (p, ours, theirs, one, other) => {
        const bounds = [1, 2, 3, 5, 8]
        const { above } = compareQuantiles(
          { quantile: p, bounds, counts: ours },
          { quantile: p, bounds, counts: theirs },
          0.5,
          aimOf(0, 2),
        )
        expect(above(Math.max(one, other))).toBeLessThanOrEqual(above(Math.min(one, other)) + 0.03)
      }),
    )
  })

  it('shows a difference within one cell, and none between equal revisions, however many samples there are', () => {
    for (const [candidate, shown] of [
      [200, false],
      [205, true],
    ] as const) {
      const { above, below } = compareQuantiles(expected(candidate, 1e6), expected(200, 1e6), 0.5, aim)
      expect(above(0) > Math.log(20)).toBe(shown)
      expect(below(0) > Math.log(20)).toBe(false)
    }
    const { difference } = compareQuantiles(expected(205, 1e6), expected(200, 1e6), 0.5, aim)
    expect(difference).toBeGreaterThan(4)
    expect(difference).toBeLessThan(6)
  })

  it('is shown for log-normal latencies whose p95 rises from 200 to 260 ms, and seldom for equal ones', () => {
    const rising = Array.from({ length: 40 }, (_, run) => samplesUntilShown(run, 260, 2000))
    expect(rising.every(Number.isFinite)).toBe(true)
    expect(rising.sort((one, other) => one - other)[20]).toBeLessThan(600)
    const equal = Array.from({ length: 60 }, (_, run) => samplesUntilShown(run, 200, 1500))
    expect(equal.filter(Number.isFinite).length).toBeLessThanOrEqual(3)
  })
})

describe('the evidence about quantiles that lie above all bounds, or in a first cell without a lower end', () => {
  const cells = (counts: readonly number[], bounds: readonly number[] = [100, 200, 400]): CellCounts => ({
    quantile: 0.95,
    bounds,
    counts,
  })
  const loud = { margin: 50, detect: 100, basis: 150 }

  it('shows nothing by where such samples are taken to lie', () => {
    // The candidate's may all lie at 4,000, and those of the stable revision at 401.
    const half = cells([100, 300, 600, 1000])
    for (const margin of [10, 1000]) {
      const { above, below } = compareQuantiles(half, half, 0.5, { ...loud, margin, detect: margin + 50 })
      expect(above(margin)).toBeLessThan(0)
      expect(below(margin)).toBeLessThan(0)
    }
    const constant = compareQuantile(half, { margin: 500, detect: 600 })
    expect([constant.above(500) < 0, constant.below(500) < 0]).toEqual([true, true])
    const under = cells([1000, 600, 300, 100].reverse(), [-400, -200, -100])
    const low: CellCounts = { ...under, counts: [1000, 600, 300, 100], quantile: 0.05 }
    for (const margin of [10, 1000]) {
      const { above, below } = compareQuantiles(low, low, 0.5, { ...loud, margin, detect: margin + 50 })
      expect(above(margin)).toBeLessThan(0)
      expect(below(margin)).toBeLessThan(0)
      expect(above(-margin)).toBeLessThan(0)
    }
    const { above, below } = compareQuantile(low, { margin: -500, detect: -450 })
    expect([above(-500) < 0, below(-500) < 0]).toEqual([true, true])
  })

  it('still shows what such samples cannot change', () => {
    const [fast, slow] = [cells([900, 90, 9, 1]), cells([100, 300, 600, 1000])]
    expect(compareQuantiles(slow, fast, 0.5, loud).above(50)).toBeGreaterThan(shownAt20)
    expect(compareQuantiles(fast, slow, 0.5, loud).below(50)).toBeGreaterThan(shownAt20)
    expect(compareQuantile(slow, loud).above(300)).toBeGreaterThan(shownAt20)
    expect(compareQuantile(fast, { margin: 500, detect: 600 }).below(500)).toBeGreaterThan(shownAt20)
  })

  it('is 1 on average at most, wherever they really lie', () => {
    const place = fc.constantFrom(0, 0.3, 1, 5)
    fc.assert(
      fc.property(
        quantile,
        share,
        chances,
        chances,
        bounds,
        place,
        place,
        (p, part, ours, theirs, at, here, there) => {
          // All samples beyond an open end lie at one place, and they are the quantile just if it is beyond the end.
          const truth = (chancesOf: readonly number[], far: number): number => {
            const value = histogramQuantile({ quantile: p, bounds: at, counts: chancesOf })
            const [first, last] = [at[0] as number, at.at(-1) as number]
            if (p > 1 - (chancesOf.at(-1) as number)) return last + far
            return first < 0 && p <= (chancesOf[0] as number) ? first - far : value
          }
          const difference = truth(ours, here) - truth(theirs, there)
          const [one, other] = [outcomesOf(3, ours), outcomesOf(3, theirs)]
          for (const side of ['above', 'below'] as const) {
            const mean = meanEvidence(one, other, (c, s) =>
              compareQuantiles(
                { quantile: p, bounds: at, counts: c },
                { quantile: p, bounds: at, counts: s },
                part,
                aimOf(difference, undefined),
              )[side](difference),
            )
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('the evidence about a quantile and a constant', () => {
  it('is 1 on average at most if the claim is true, wherever in its cell the quantile lies', () => {
    fc.assert(
      fc.property(quantile, chances, bounds, basis, (p, ours, here, known) => {
        const truth = histogramQuantile({ quantile: p, bounds: here, counts: ours })
        for (const [side, bound] of [
          ['above', truth],
          ['above', truth + 0.3],
          ['below', truth],
          ['below', truth - 0.3],
        ] as const) {
          const mean = meanEvidence(outcomesOf(5, ours), [{ counts: [], chance: 1 }], (counts) =>
            compareQuantile({ quantile: p, bounds: here, counts }, aimOf(bound, known))[side](bound),
          )
          expect(mean).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('shows on which side of a constant a latency lies', () => {
    const { above, below, difference } = compareQuantile(expected(220, 5000), {
      margin: 200,
      detect: 250,
      basis: 190,
    })
    expect(difference).toBeGreaterThan(218)
    expect(difference).toBeLessThan(222)
    expect(above(200)).toBeGreaterThan(Math.log(20))
    expect(above(220)).toBeLessThan(0)
    expect(below(240)).toBeGreaterThan(Math.log(20))
  })
})

const aim = { margin: 0, detect: 60, basis: 200 }
const shownAt20 = Math.log(20)
const latencyBounds = Array.from({ length: histogramCells - 1 }, (_, cell) => 2 ** ((cell + 1) / 6 - 2))
/** Of the logarithms of latencies. */
const deviation = 0.5
const upperNormal = 1.6449

/** What comes of so many samples when chance plays no part. */
function expected(p95: number, samples: number): CellCounts {
  const counts = Array.from({ length: histogramCells }, () => 0)
  const parts = 20_000
  for (let part = 0; part < parts; part += 1) {
    // Steps of equal width on the logarithmic scale, over eight deviations.
    const z = -4 + (8 * (part + 0.5)) / parts
    const cell = cellOf(p95 * Math.exp(deviation * (z - upperNormal)))
    counts[cell] =
      (counts[cell] as number) + ((samples * 8) / parts) * (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI))
  }
  return { quantile: 0.95, bounds: latencyBounds, counts }
}

/** Samples of a revision until it is shown that the candidate is slower than stable, whose p95 is 200 ms. */
function samplesUntilShown(run: number, p95: number, most: number): number {
  const random = seededRandom(run + 1)
  const [ours, theirs] = [latencyBounds, latencyBounds].map(() =>
    Array.from({ length: histogramCells }, () => 0),
  ) as [number[], number[]]
  const add = (counts: number[], level: number): void => {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const cell = cellOf(level * Math.exp(deviation * (z - upperNormal)))
    counts[cell] = (counts[cell] as number) + 1
  }
  for (let samples = 1; samples <= most; samples += 1) {
    add(ours, p95)
    add(theirs, 200)
    if (samples % 50 > 0) continue
    const { above } = compareQuantiles(
      { quantile: 0.95, bounds: latencyBounds, counts: ours },
      { quantile: 0.95, bounds: latencyBounds, counts: theirs },
      0.5,
      aim,
    )
    if (above(0) > Math.log(20)) return samples
  }
  return Number.POSITIVE_INFINITY
}
