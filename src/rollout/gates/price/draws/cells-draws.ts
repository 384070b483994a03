import { histogramQuantile } from '../../../../telemetry/contract/histogram-quantile.ts'
import type { CellCounts, Sample } from '../../evidence/sample.ts'
import { drawBinomial } from '../draw-binomial.ts'
import { cellsWithQuantile } from './cells-with-quantile.ts'
import { cellsDrawn } from './draw-cells.ts'
import type { Draws, LookPace, MadeUp } from './draws.ts'

type Cells = Extract<Sample, { kind: 'cells' }>

/** A verdict of quantiles costs some 25 µs here. These looks are no farther apart than those of the loop, some 20 in a window. */
const pace: LookPace = { runs: 400, earliest: 0.35, growth: 1.04, scouts: 60, phases: 16, runsInTurn: 4 }

/**
 * Histograms. The stable revision's latest one tells the shares of its cells. A revision that is worse has values that are all
 * larger, see `cellsWithQuantile`.
 */
export function cellsDraws(stable: Cells): Draws<Cells> {
  const last = stable.bounds.at(-1) as number
  return {
    stable: histogramQuantile(stable),
    // Turned, values of 0 and more are the largest ones.
    most: last === 0 ? 0 : Number.POSITIVE_INFINITY,
    ...(last !== 0 && { shownBelow: last }),
    counts: 'samples',
    pace,
    revision: (quantile) => withShares({ kind: 'cells', ...filled(cellsWithQuantile(stable, quantile)) }),
    divide: drawBinomial,
  }
}

/** The same histogram, where empty cells side by side are one. It shows the same, and a verdict of a few cells takes less time. */
function filled({ quantile, bounds, counts }: CellCounts): CellCounts {
  const isKept = (border: number): boolean => counts[border] !== 0 || counts[border + 1] !== 0
  return {
    quantile,
    bounds: bounds.filter((_, border) => isKept(border)),
    counts: counts.filter((_, cell) => cell === bounds.length || isKept(cell)),
  }
}

function withShares(cells: Cells): MadeUp<Cells> {
  const total = sumOf(cells.counts)
  const drawMore = cellsDrawn(cells.counts)
  return {
    expected: (count) => ({ ...cells, counts: cells.counts.map((each) => (each * count) / total) }),
    more: (sample, count, random) => ({ ...sample, counts: drawMore(sample.counts, count, random) }),
    isEnough: ({ counts }) => counts.some((count) => count > 0),
  }
}

function sumOf(counts: readonly number[]): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}
