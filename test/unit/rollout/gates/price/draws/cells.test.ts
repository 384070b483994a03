import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../../src/clock.ts'
import { chooseTest } from '../../../../../../src/rollout/gates/choose-test.ts'
import type { Sample } from '../../../../../../src/rollout/gates/evidence/sample.ts'
import { cellsDraws } from '../../../../../../src/rollout/gates/price/draws/cells-draws.ts'
import { cellsWithQuantile } from '../../../../../../src/rollout/gates/price/draws/cells-with-quantile.ts'
import { cellsDrawn } from '../../../../../../src/rollout/gates/price/draws/draw-cells.ts'
import { histogramQuantile } from '../../../../../../src/telemetry/contract/histogram-quantile.ts'

type Cells = Extract<Sample, { kind: 'cells' }>

const usual: Cells = {
  kind: 'cells',
  quantile: 0.9,
  bounds: [10, 20, 40, 80, 160, 320],
  counts: [100, 300, 400, 150, 40, 8, 2],
}

/** Histograms without an empty cell, whose quantile lies between their bounds. */
const histograms: fc.Arbitrary<Cells> = fc
  .record({
    quantile: fc.double({ min: 0.2, max: 0.95, noNaN: true }),
    widths: fc.array(fc.double({ min: 0.5, max: 50, noNaN: true }), { minLength: 4, maxLength: 20 }),
    seed: fc.integer(),
    beyond: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ quantile, widths, seed, beyond }) => {
    const random = seededRandom(seed)
    let at = 0
    const bounds = widths.map((width) => (at += width))
    // Fewer than 1 in 20 lie beyond.
    return {
      kind: 'cells',
      quantile,
      bounds,
      counts: [...bounds.map(() => 20 + Math.floor(random() * 100)), beyond],
    }
  })

describe('a histogram with another quantile', () => {
  it('has it, with the same samples and bounds, wherever it is within the bounds', () => {
    fc.assert(
      fc.property(histograms, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (cells, part) => {
        const [first, last] = [cells.bounds[0] as number, cells.bounds.at(-1) as number]
        // Within the first cell, values are spread evenly, whatever they were before.
        const value = first + part * (last - first)
        const moved = cellsWithQuantile(cells, value)
        expect(histogramQuantile(moved) / value).toBeCloseTo(1, 4)
        expect(moved.bounds).toEqual(cells.bounds)
        expect(sumOf(moved.counts) / sumOf(cells.counts)).toBeCloseTo(1, 9)
        expect(Math.min(...moved.counts)).toBeGreaterThanOrEqual(-1e-9)
      }),
    )
  })

  it('is the same for the quantile that it has', () => {
    expect(cellsWithQuantile(usual, histogramQuantile(usual)).counts).toEqual(usual.counts)
  })

  it('has values that are all larger by the same factor', () => {
    const doubled = cellsWithQuantile(usual, 2 * histogramQuantile(usual))
    const wanted = [50, 50, 300, 400, 150, 40, 10]
    for (const [cell, count] of doubled.counts.entries()) expect(count).toBeCloseTo(wanted[cell] ?? 0, 3)
  })

  it('has values that are all larger by the same distance where they lie on both sides of 0', () => {
    const scores: Cells = {
      kind: 'cells',
      quantile: 0.7,
      bounds: [-20, -10, 0, 10, 20, 30],
      counts: [7, 20, 20, 20, 20, 0, 0],
    }
    const moved = cellsWithQuantile(scores, histogramQuantile(scores) + 10)
    // Those of the open first cell may lie anywhere below its bound, and stay there.
    const wanted = [7, 0, 20, 20, 20, 20, 0]
    for (const [cell, count] of moved.counts.entries()) expect(count).toBeCloseTo(wanted[cell] ?? 0, 3)
  })

  it('moves turned values, of which more is better, towards 0', () => {
    const turned: Cells = {
      kind: 'cells',
      quantile: 0.5,
      bounds: [-40, -20, -10, 0],
      counts: [0, 60, 40, 0, 0],
    }
    const moved = cellsWithQuantile(turned, histogramQuantile(turned) / 2)
    const wanted = [0, 0, 60, 40, 0]
    for (const [cell, count] of moved.counts.entries()) expect(count).toBeCloseTo(wanted[cell] ?? 0, 3)
  })

  it('has more samples above all bounds where the quantile lies there, and never fewer than before', () => {
    expect(cellsWithQuantile(usual, 640).counts.at(-1)).toBeGreaterThan(100)
    expect(cellsWithQuantile(usual, 15).counts.at(-1)).toBe(2)
  })
})

describe('made-up histograms', () => {
  const draws = cellsDraws(usual)

  it('show what the whole histogram shows, although empty cells side by side are one', () => {
    const gaps: Cells = { ...usual, counts: [0, 0, 300, 500, 0, 0, 0], quantile: 0.6 }
    const made = cellsDraws(gaps)
    const [candidate, stable] = [
      made.revision(histogramQuantile(gaps)).expected(400),
      made.revision(60).expected(400),
    ]
    expect(candidate.counts).toEqual([0, 150, 250, 0])
    expect(candidate.bounds).toEqual([20, 40, 80])
    const whole: Cells = { ...gaps, counts: gaps.counts.map((count) => count / 2) }
    const moved = cellsWithQuantile(whole, 60)
    const options = { aim: { margin: 1, detect: 8, basis: 60 }, share: 0.5 }
    const [test, wanted] = [
      chooseTest(stable, candidate, options),
      chooseTest({ ...whole, ...moved }, whole, options),
    ]
    for (const side of ['above', 'below'] as const) {
      expect(test?.comparison[side](1)).toBeCloseTo(wanted?.comparison[side](1) ?? 0, 1)
    }
  })

  it('are drawn with the shares of their cells, few samples at a time as many', () => {
    for (const [times, count] of [
      [40_000, 1],
      [40, 1000],
    ] as const) {
      const random = seededRandom(count)
      const made = draws.revision(draws.stable)
      let sample = made.expected(0)
      for (let each = 0; each < times; each += 1) sample = made.more(sample, count, random)
      expect(sumOf(sample.counts)).toBe(40_000)
      for (const [cell, drawn] of sample.counts.entries()) {
        const wanted = 40 * (usual.counts[cell] ?? 0)
        expect(Math.abs(drawn - wanted)).toBeLessThanOrEqual(4 * Math.sqrt(wanted))
      }
    }
  })

  it('vary as chance does', () => {
    const drawMore = cellsDrawn(usual.counts)
    const random = seededRandom(7)
    const thirds = Array.from({ length: 3000 }, () => drawMore([0, 0, 0, 0, 0, 0, 0], 500, random)[2] ?? 0)
    const mean = thirds.reduce((sum, each) => sum + each, 0) / thirds.length
    const variance = thirds.reduce((sum, each) => sum + (each - mean) ** 2, 0) / thirds.length
    expect(variance / (500 * 0.4 * 0.6)).toBeGreaterThan(0.9)
    expect(variance / (500 * 0.4 * 0.6)).toBeLessThan(1.1)
  })
})

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
