import { type Alternative, alternativesOf } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { excessTest, type Order } from './excess-test.ts'
import { once } from './once.ts'
import type { Proportion } from './sample.ts'

/** Compares two proportions of samples that were split at random, a share `share` of them to the candidate. */
export function compareProportions(
  candidate: Proportion,
  stable: Proportion,
  share: number,
  aim: Aim,
): Comparison {
  return proportionsTest(share, aim)(candidate, stable)
}

/** Alternatives to both claims. They are the same for each share. */
export interface AlternativesToClaims {
  readonly above: () => readonly Alternative[]
  readonly below: () => readonly Alternative[]
}

export function alternativesTo({ margin, detect, basis }: Aim): AlternativesToClaims {
  const known = basis === undefined ? {} : { basis }
  const wanted = detect - margin
  const above = once(() => alternativesOf(known, wanted))
  // To "the candidate is worse by the margin or more": it is about as good as the stable revision.
  return { above, below: margin > 0 && margin !== wanted ? once(() => alternativesOf(known, margin)) : above }
}

/**
 * Makes the comparison of two proportions, ready for any counts: what depends on the aim alone is computed once. Who tests the
 * same counts for several shares gives all of them the same `orders`.
 */
export function proportionsTest(
  share: number,
  aim: Aim,
  alternatives: AlternativesToClaims = alternativesTo(aim),
): (candidate: Proportion, stable: Proportion, orders?: Orders) => Comparison {
  const worse = excessTest(share, aim.margin, alternatives.above)
  const within = excessTest(1 - share, -aim.margin, alternatives.below)
  return (candidate, stable, orders = anyOrders()) => ({
    difference: candidate.bad / candidate.total - stable.bad / stable.total,
    spread: Math.hypot(errorOf(candidate), errorOf(stable)),
    above: (margin, enough) => worse(margin, candidate, stable, orders.above, enough),
    below: (margin, enough) => within(-margin, stable, candidate, orders.below, enough),
  })
}

interface Orders {
  readonly above: Order
  readonly below: Order
}

export function anyOrders(): Orders {
  return { above: { places: [], strong: 0 }, below: { places: [], strong: 0 } }
}

/** The standard error of a proportion, as if one sample more were good and one more bad. */
export function errorOf({ bad, total }: Proportion): number {
  const share = (bad + 1) / (total + 2)
  return Math.sqrt((share * (1 - share)) / (total + 2))
}
