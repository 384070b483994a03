/**
 * A histogram of positive numbers with cells of equal relative width. Each doubling has six cells, from 2^-2
 * to 2^19. In milliseconds that is from a quarter of a millisecond to almost nine minutes. A number outside
 * of this range counts in the outermost cell.
 */

const cellsPerDoubling = 6
const lowestPower = -2
const highestPower = 19

export const histogramCells: number = (highestPower - lowestPower) * cellsPerDoubling

/** The relative error of a percentile: half a cell on the logarithmic scale, 2^(1/12) - 1. */
export const histogramError: number = 2 ** (1 / (2 * cellsPerDoubling)) - 1

export function cellOf(value: number): number {
  if (!(value > 0)) return 0
  const cell = Math.floor((Math.log2(value) - lowestPower) * cellsPerDoubling)
  return cell < 0 ? 0 : cell < histogramCells ? cell : histogramCells - 1
}

/**
 * The smallest value such that at least the fraction `quantile` of all values is not greater (nearest rank).
 * The answer is the geometric middle of that value's cell. Undefined when nothing was counted.
 */
export function percentile(tallies: Uint32Array, quantile: number): number | undefined {
  let total = 0
  for (const tally of tallies) total += tally
  if (total === 0) return undefined
  const rank = Math.max(1, Math.ceil(quantile * total))
  let seen = 0
  for (let cell = 0; cell < tallies.length; cell += 1) {
    seen += tallies[cell] as number
    if (seen >= rank) return 2 ** (lowestPower + (cell + 0.5) / cellsPerDoubling)
  }
  return undefined
}
