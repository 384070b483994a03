/**
 * A histogram of positive numbers with cells of equal relative width. Each doubling has six cells, from 2^-2
 * to 2^19. In milliseconds that is from a quarter of a millisecond to almost nine minutes. A number outside
 * of this range counts in the outermost cell.
 */

const cellsPerDoubling = 6
const lowestPower = -2
const highestPower = 19

export const histogramCells: number = (highestPower - lowestPower) * cellsPerDoubling

/** The upper ends of all cells but the last, which are included. */
export const histogramBounds: readonly number[] = Array.from(
  { length: histogramCells - 1 },
  (_, cell) => 2 ** (lowestPower + (cell + 1) / cellsPerDoubling),
)

export function cellOf(value: number): number {
  if (!(value > 0)) return 0
  const cell = Math.ceil((Math.log2(value) - lowestPower) * cellsPerDoubling) - 1
  return cell < 0 ? 0 : cell < histogramCells ? cell : histogramCells - 1
}
