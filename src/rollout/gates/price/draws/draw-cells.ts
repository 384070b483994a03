import { drawBinomial } from '../draw-binomial.ts'

/** Draws into which cells more samples fall. The answer has the sums of the counts before and the drawn ones. */
export type DrawCells = (before: readonly number[], count: number, random: () => number) => readonly number[]

/** Draws with these shares of the cells, which may have any sum. */
export function cellsDrawn(shares: readonly number[]): DrawCells {
  const filled = shares.flatMap((share, cell) => (share > 0 ? [{ cell, share }] : []))
  const upTo: number[] = []
  let sum = 0
  for (const { share } of filled) {
    sum += share
    upTo.push(sum)
  }
  const last = filled.length - 1
  const one = (counts: number[], random: () => number): void => {
    const at = random() * sum
    let [from, to] = [0, last]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((upTo[middle] as number) > at) to = middle
      else from = middle + 1
    }
    add(counts, from, 1)
  }
  const add = (counts: number[], rank: number, more: number): void => {
    const cell = filled[rank]?.cell ?? 0
    counts[cell] = (counts[cell] as number) + more
  }
  return (before, count, random) => {
    const counts = [...before]
    // One by one is quicker while there are few.
    if (count <= 2 * filled.length) {
      for (let drawn = 0; drawn < count; drawn += 1) one(counts, random)
      return counts
    }
    let [left, rest] = [count, sum]
    for (let rank = 0; rank < last; rank += 1) {
      const share = filled[rank]?.share ?? 0
      const drawn = drawBinomial(left, Math.min(1, share / rest), random)
      add(counts, rank, drawn)
      left -= drawn
      rest -= share
    }
    add(counts, last, left)
    return counts
  }
}
