import { histogramQuantile } from '../../../../telemetry/contract/histogram-quantile.ts'
import type { CellCounts } from '../../evidence/sample.ts'
import { type Borders, bordersOf, countAbove } from '../../evidence/shares-above.ts'

/** Enough for seven digits also where few values lie. */
const halvings = 40
/** Logarithm of how many times larger or smaller values become at most. */
const mostStretched = 14

/**
 * The counts of a histogram, with the same bounds, when all values grow by the same factor until its quantile is `value`.
 * Latencies grow so: who is slower is slower with long answers above all, and no value falls below 0. The test of two
 * quantiles is made strong for the same. Where values lie on both sides of 0, or the quantile is to cross it, all values are
 * shifted by the same distance instead.
 *
 * Values are spread evenly within their cell. Those of an open cell stay in it, because nobody knows how far they are from
 * its bound. A quantile above all bounds is reached by the factor alone, since a histogram does not show it.
 */
export function cellsWithQuantile(cells: CellCounts, value: number): CellCounts {
  const present = histogramQuantile(cells)
  if (value === present) return cells
  const { bounds } = cells
  const { least } = bordersOf(cells)
  // `before` tells where a value was that is now at a place.
  const movedBack = (before: (place: number) => number): CellCounts =>
    fromAbove(cells, (bound) => surelyAbove(least, before(bound)))
  const [first, last] = [bounds[0] as number, bounds.at(-1) as number]
  const isStretched = (first >= 0 || last <= 0) && value / present > 0
  const moved = isStretched
    ? // A larger factor makes negative values smaller.
      (size: number): CellCounts => movedBack((place) => place * Math.exp(last <= 0 ? size : -size))
    : (size: number): CellCounts => movedBack((place) => place - size)
  const wanted = isStretched ? Math.abs(Math.log(value / present)) : value - present
  if (value >= last) return moved(wanted)
  const reach = isStretched ? mostStretched : Math.abs(wanted) + last - Math.min(0, first)
  let [low, high] = [-reach, reach]
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2
    if (histogramQuantile(moved(middle)) < value) low = middle
    else high = middle
  }
  return moved(high)
}

/** The histogram with so many values above each bound. */
function fromAbove(cells: CellCounts, above: (bound: number) => number): CellCounts {
  let left = 0
  for (const count of cells.counts) left += count
  const counts = cells.bounds.map((bound) => {
    const rest = above(bound)
    const count = left - rest
    left = rest
    return count
  })
  return { ...cells, counts: [...counts, left] }
}

/** How many values lie above a place. Those above all bounds are above each place, and those of an open first cell above none. */
function surelyAbove(least: Borders, place: number): number {
  return place >= (least.places.at(-1) as number) ? least.beyond : countAbove(least, place)
}
