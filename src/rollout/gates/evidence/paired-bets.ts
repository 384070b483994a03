/** The logarithms of the evidence that each arm gives by each of its bets. Bets of the same rank make a pair. */
export interface PairedBets {
  readonly upper: readonly number[]
  readonly lower: readonly number[]
}

/** A value and its slope. */
export interface Sloped {
  readonly value: number
  readonly slope: number
}

/** The part of the evidence that comes from pairs of the same rank. The rest comes from all pairs. */
const sameRank = 0.7

/** Logarithm of the weighted mean of the products of two bets, one of each arm. */
export function pairedEvidence(weights: readonly number[], bets: PairedBets): number {
  return evidenceBetween(weights, bets, bets, 0).value
}

/** The same where each bet is `part` of the way from one number to another, with its slope along this way. */
export function evidenceBetween(
  weights: readonly number[],
  from: PairedBets,
  to: PairedBets,
  part: number,
): Sloped {
  const ranks = weights.length
  let upperMost = Number.NEGATIVE_INFINITY
  let lowerMost = Number.NEGATIVE_INFINITY
  for (let rank = 0; rank < ranks; rank += 1) {
    const upper = along(from.upper, to.upper, rank, part)
    const lower = along(from.lower, to.lower, rank, part)
    if (upper > upperMost) upperMost = upper
    if (lower > lowerMost) lowerMost = lower
  }
  let [upper, upperRise, lower, lowerRise, same, sameRise] = [0, 0, 0, 0, 0, 0]
  for (let rank = 0; rank < ranks; rank += 1) {
    const weight = weights[rank] as number
    const up = weight * Math.exp(along(from.upper, to.upper, rank, part) - upperMost)
    const low = Math.exp(along(from.lower, to.lower, rank, part) - lowerMost)
    const upSlope = (to.upper[rank] as number) - (from.upper[rank] as number)
    const lowSlope = (to.lower[rank] as number) - (from.lower[rank] as number)
    upper += up
    upperRise += up * upSlope
    lower += weight * low
    lowerRise += weight * low * lowSlope
    same += up * low
    sameRise += up * low * (upSlope + lowSlope)
  }
  const sum = sameRank * same + (1 - sameRank) * upper * lower
  const rise = sameRank * sameRise + (1 - sameRank) * (upperRise * lower + upper * lowerRise)
  return { value: upperMost + lowerMost + Math.log(sum), slope: rise / sum }
}

function along(from: readonly number[], to: readonly number[], rank: number, part: number): number {
  const begin = from[rank] as number
  return begin + part * ((to[rank] as number) - begin)
}
