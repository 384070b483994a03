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
export const crossRanks: number = 1 - sameRank

/** Logarithm of the weighted mean of the products of two bets, one of each arm. */
export function pairedEvidence(weights: readonly number[], { upper, lower }: PairedBets): number {
  const ranks = weights.length
  const [upperMost, lowerMost] = [largest(upper), largest(lower)]
  let [ups, lows, same] = [0, 0, 0]
  for (let rank = 0; rank < ranks; rank += 1) {
    const weight = weights[rank] as number
    const up = weight * partOf((upper[rank] as number) - upperMost)
    const low = partOf((lower[rank] as number) - lowerMost)
    ups += up
    lows += weight * low
    same += up * low
  }
  return upperMost + lowerMost + Math.log(sameRank * same + crossRanks * ups * lows)
}

/** A bound of it from below, which takes less time: the strongest bets of both arms alone. */
export function leastEvidence(weights: readonly number[], { upper, lower }: PairedBets): number {
  const [up, low] = [strongest(upper), strongest(lower)]
  const weight = crossRanks * (weights[up] as number) * (weights[low] as number)
  return (upper[up] as number) + (lower[low] as number) + Math.log(weight)
}

/** The same where each bet is `part` of the way from one number to another, with its slope along this way. */
export function evidenceBetween(
  weights: readonly number[],
  from: PairedBets,
  to: PairedBets,
  part: number,
): Sloped {
  const ranks = weights.length
  let [upperMost, lowerMost] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let rank = 0; rank < ranks; rank += 1) {
    upperMost = Math.max(upperMost, between(from.upper, to.upper, rank, part))
    lowerMost = Math.max(lowerMost, between(from.lower, to.lower, rank, part))
  }
  let [ups, upsRise, lows, lowsRise, same, sameRise] = [0, 0, 0, 0, 0, 0]
  for (let rank = 0; rank < ranks; rank += 1) {
    const weight = weights[rank] as number
    const up = weight * partOf(between(from.upper, to.upper, rank, part) - upperMost)
    const low = partOf(between(from.lower, to.lower, rank, part) - lowerMost)
    const upSlope = (to.upper[rank] as number) - (from.upper[rank] as number)
    const lowSlope = (to.lower[rank] as number) - (from.lower[rank] as number)
    ups += up
    upsRise += up * upSlope
    lows += weight * low
    lowsRise += weight * low * lowSlope
    same += up * low
    sameRise += up * low * (upSlope + lowSlope)
  }
  const sum = sameRank * same + crossRanks * ups * lows
  const rise = sameRank * sameRise + crossRanks * (upsRise * lows + ups * lowsRise)
  return { value: upperMost + lowerMost + Math.log(sum), slope: rise / sum }
}

/** No bet of an interval is lower, if each is lowest at one of its ends. */
export function lowestBets(one: PairedBets, other: PairedBets): PairedBets {
  return { upper: lowest(one.upper, other.upper), lower: lowest(one.lower, other.lower) }
}

/** Beside the largest bet, one that is so much smaller changes no digit of a sum. */
const negligible = -45

function partOf(behind: number): number {
  return behind > negligible ? Math.exp(behind) : 0
}

function strongest(numbers: readonly number[]): number {
  let rank = 0
  for (let each = 1; each < numbers.length; each += 1) {
    if ((numbers[each] as number) > (numbers[rank] as number)) rank = each
  }
  return rank
}

function largest(numbers: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY
  for (const each of numbers) if (each > most) most = each
  return most
}

function lowest(one: readonly number[], other: readonly number[]): readonly number[] {
  const least = one.slice()
  for (let rank = 0; rank < least.length; rank += 1) {
    least[rank] = Math.min(least[rank] as number, other[rank] as number)
  }
  return least
}

function between(from: readonly number[], to: readonly number[], rank: number, part: number): number {
  const begin = from[rank] as number
  return begin + part * ((to[rank] as number) - begin)
}
