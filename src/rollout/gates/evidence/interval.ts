import type { Comparison } from './comparison.ts'

/** The margins that are not refuted yet. It holds at all looks together. */
export interface ConfidenceInterval {
  readonly low: number
  readonly high: number
}

/** Halvings of the searched range: enough for four digits of an interval that is not much smaller than the range. */
const halvings = 16

/**
 * The true difference lies in it with probability 1 − `alpha` − `beta` at least: it lies below `low` with probability
 * `alpha` at most, and above `high` with probability `beta` at most. `least` and `most` are the differences that can be.
 */
export function intervalOf(
  { difference, above, below }: Comparison,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
  { least, most }: { readonly least: number; readonly most: number },
): ConfidenceInterval {
  return {
    low: last(least, difference, (margin) => above(margin) > -Math.log(alpha)),
    high: last(most, difference, (margin) => below(margin) > -Math.log(beta)),
  }
}

/** The border, seen from `outside`, up to which the margins are refuted. */
function last(outside: number, inside: number, refuted: (margin: number) => boolean): number {
  let [from, to] = [outside, inside]
  for (let step = 0; step < halvings; step += 1) {
    const middle = (from + to) / 2
    if (refuted(middle)) from = middle
    else to = middle
  }
  return from
}
