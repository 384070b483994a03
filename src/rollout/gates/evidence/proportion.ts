import { raisedOdds } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { logSum } from './log-sum.ts'
import { errorOf } from './proportions.ts'
import type { Proportion } from './sample.ts'

/** Multiples of the excess that is to be seen, and of the odds of the bound, for which the evidence is made strong. */
const excessFactors = [0.02, 0.06, 0.2, 0.5, 0.8, 1.2, 2]
const oddsRatios = [1.02, 1.06, 1.2, 1.5, 2.5, 5, 20]

/**
 * Compares a proportion with a constant: the likelihood ratios of several other proportions to the constant, in equal parts.
 * Each has the mean 1 if the true proportion is the constant, and less if it lies on the side that is claimed.
 * Robbins, "Statistical methods related to the law of the iterated logarithm" (1970), section 3.
 */
export function compareProportion(candidate: Proportion, aim: Aim): Comparison {
  const excess = aim.detect - aim.margin
  return {
    difference: candidate.bad / candidate.total,
    spread: errorOf(candidate),
    above: (bound) => {
      // One bad sample refutes that there are none, and nothing can be above 1.
      if (bound <= 0 || bound >= 1) return bound < 1 && candidate.bad > 0 ? Infinity : -Infinity
      return differs(candidate, bound, [
        ...excessFactors.map((factor) => bound + factor * excess),
        ...oddsRatios.map((ratio) => raisedOdds(bound, ratio)),
      ])
    },
    below: (bound) => {
      if (bound <= 0 || bound >= 1) return bound > 0 && candidate.bad < candidate.total ? Infinity : -Infinity
      return differs(candidate, bound, [
        ...(aim.basis === undefined ? [] : [aim.basis / 2, aim.basis]).filter((share) => share < bound),
        ...oddsRatios.map((ratio) => raisedOdds(bound, 1 / ratio)),
      ])
    },
  }
}

function differs({ bad, total }: Proportion, bound: number, others: readonly number[]): number {
  const possible = others.filter((share) => share > 0 && share < 1)
  const good = total - bad
  const terms = possible.map(
    (share) => bad * Math.log(share / bound) + good * Math.log((1 - share) / (1 - bound)),
  )
  return logSum(terms) - Math.log(possible.length)
}
