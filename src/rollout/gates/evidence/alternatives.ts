import type { Aim } from './comparison.ts'

/**
 * The pairs of true shares for which a comparison of two proportions is made strong. `lower` is the share of the side that is
 * claimed to be the lower one, `excess` is by how much the other side lies above it beyond the margin.
 */
export interface Alternative {
  readonly lower: number
  readonly excess: number
  readonly weight: number
}

/** The shares beside the basis: the side below may also be better than it was. */
const basisFactors = [0.5, 1]
/** Multiples of the excess that is to be seen. */
const excessFactors = [0.5, 0.8, 1.2, 2]
/** Small excesses take many samples, but even they are shown in the end. Each is some three times the one before. */
const smallFactors = [0.02, 0.06, 0.2]
const smallShare = 0.06
/** How much of the evidence does not rely on the basis, which may be wrong. */
const unbiasedShare = 0.1

/** For a basis that is not known: bases from rare to frequent, and how many times the odds are higher. */
const anyBases = [0.001, 0.01, 0.06, 0.3, 0.7]
const oddsRatios = [1.5, 3]
const raisedBases: readonly Pair[] = anyBases.flatMap((lower) =>
  oddsRatios.map((ratio) => ({ lower, excess: raisedOdds(lower, ratio) - lower })),
)
const wantedFactors = [...smallFactors, 1]

/** An alternative without its weight. */
export type Pair = Omit<Alternative, 'weight'>

/** Alternatives to "the difference is `margin` at most", for an excess of `wanted` above the margin. */
export function alternativesOf({ basis }: Pick<Aim, 'basis'>, wanted: number): readonly Alternative[] {
  const any = [...raisedBases]
  for (const lower of anyBases)
    for (const factor of wantedFactors) any.push({ lower, excess: wanted * factor })
  return aroundBasis(any, wanted, basis, atLeastRare)
}

/** Alternatives around the basis, and `any` others, which do not rely on it. `possible` turns a basis into one that can be. */
export function aroundBasis(
  any: readonly Pair[],
  wanted: number,
  basis: number | undefined,
  possible: (basis: number) => number,
): readonly Alternative[] {
  const all: Alternative[] = []
  const near = (factors: readonly number[], sum: number): void => {
    if (basis === undefined) return
    const weight = sum / (basisFactors.length * factors.length)
    for (const each of basisFactors) {
      const lower = possible(basis * each)
      for (const factor of factors) all.push({ lower, excess: wanted * factor, weight })
    }
  }
  near(excessFactors, 1 - smallShare - unbiasedShare)
  near(smallFactors, smallShare)
  const weight = (basis === undefined ? 1 : unbiasedShare) / any.length
  for (const { lower, excess } of any) all.push({ lower, excess, weight })
  return all
}

/** A revision that never failed so far may fail yet. */
function atLeastRare(share: number): number {
  return Math.max(1e-5, Math.min(0.999, share))
}

export function raisedOdds(share: number, ratio: number): number {
  const odds = (share / (1 - share)) * ratio
  return odds / (1 + odds)
}
