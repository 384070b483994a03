import { type Alternative, aroundBasis, type Pair } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { logSum } from './log-sum.ts'
import { once } from './once.ts'
import type { Events } from './sample.ts'

/** Multiples of the excess that is to be seen, and of the bound. Small excesses take long, but are shown in the end. */
const excessFactors = [0.02, 0.06, 0.2, 0.5, 0.8, 1.2, 2]
const boundFactors = [1.02, 1.06, 1.2, 1.5, 3, 10]
/** For a basis that is not known: bases as multiples of the excess, and how many times higher the other rate is. */
const anyBases = [0.1, 1, 10, 100]
const anyRatios = [1.1, 1.5, 3]
/** And small excesses above each of them, and the wanted one. */
const wantedFactors = [0.05, 0.2, 1]

/**
 * Compares how often something happens with a constant rate, in events per second. Events come as in a
 * process of Poisson. The evidence is a mean of the likelihood ratios of other rates to the constant. Robbins, "Statistical methods related to the law of the iterated logarithm" (1970), section 3.
 */
export function compareRate(candidate: Events, aim: Aim): Comparison {
  const excess = aim.detect - aim.margin
  const seconds = candidate.exposureMs / 1000
  const differs = (bound: number, others: readonly number[]): number => {
    const possible = others.filter((rate) => rate > 0)
    const terms = possible.map((rate) => candidate.events * Math.log(rate / bound) - seconds * (rate - bound))
    return logSum(terms) - Math.log(possible.length)
  }
  return {
    difference: candidate.events / seconds,
    spread: errorOf(candidate),
    above: (bound) => {
      // One event refutes that there are none.
      if (bound <= 0) return bound < 0 || candidate.events > 0 ? Infinity : -Infinity
      return differs(bound, [
        ...excessFactors.map((factor) => bound + factor * excess),
        ...boundFactors.map((factor) => bound * factor),
      ])
    },
    below: (bound) => {
      if (bound <= 0) return -Infinity
      const known = aim.basis === undefined ? [] : [aim.basis / 2, aim.basis].filter((rate) => rate < bound)
      return differs(bound, [...known, ...boundFactors.map((factor) => bound / factor)])
    },
  }
}

/**
 * Compares how often something happens on two revisions. Events come as in Poisson processes.
 *
 * An alternative is a pair of true rates. It is compared with the nearest pair that the claim allows, in Kullback-Leibler
 * divergence weighted with the exposures (the reverse information projection), as proportions are. Both revisions must be
 * exposed side by side: the ratio of their exposures stays about the same. Turner and Grünwald, "Exact anytime-valid
 * confidence intervals for contingency tables and beyond" (2023), theorem 1, for Poisson's family.
 */
export function compareRates(candidate: Events, stable: Events, aim: Aim): Comparison {
  const worse = once(() => alternativesOf(aim.detect - aim.margin, aim.basis))
  const within = aim.margin > 0 ? once(() => alternativesOf(aim.margin, aim.basis)) : worse
  return {
    difference: rateOf(candidate) - rateOf(stable),
    spread: Math.hypot(errorOf(candidate), errorOf(stable)),
    above: (margin) => exceeds(candidate, stable, margin, worse()),
    below: (margin) => exceeds(stable, candidate, -margin, within()),
  }
}

function rateOf({ events, exposureMs }: Events): number {
  return (events * 1000) / exposureMs
}

/** The standard error of a rate, as if one event more had happened. */
function errorOf({ events, exposureMs }: Events): number {
  return (Math.sqrt(events + 1) * 1000) / exposureMs
}

function alternativesOf(wanted: number, basis: number | undefined): readonly Alternative[] {
  const any: Pair[] = []
  for (const base of anyBases) {
    const lower = base * wanted
    for (const ratio of anyRatios) any.push({ lower, excess: lower * (ratio - 1) })
    for (const factor of wantedFactors) any.push({ lower, excess: wanted * factor })
  }
  // A revision on which nothing happened so far may have its events yet.
  return aroundBasis(any, wanted, basis, (rate) => Math.max(rate, wanted / 100))
}

/** Logarithm of the evidence that the rate behind `upper` exceeds that behind `lower` by more than `margin`. */
function exceeds(upper: Events, lower: Events, margin: number, alternatives: readonly Alternative[]): number {
  const seconds = (upper.exposureMs + lower.exposureMs) / 1000
  const share = upper.exposureMs / (upper.exposureMs + lower.exposureMs)
  const terms: number[] = []
  for (const { lower: low, excess, weight } of alternatives) {
    // Far below 0 there is no rate. A small one is an alternative as well then.
    const high = Math.max(low + margin + excess, excess / 2)
    const middle = share * high + (1 - share) * low
    const allowedLow = largerZero(middle - margin, (1 - share) * low * margin)
    const allowedHigh = largerZero(middle + margin, -share * high * margin)
    terms.push(
      Math.log(weight) +
        upper.events * Math.log(high / allowedHigh) +
        lower.events * Math.log(low / allowedLow) -
        seconds * (share * (high - allowedHigh) + (1 - share) * (low - allowedLow)),
    )
  }
  return logSum(terms)
}

/**
 * The nearest allowed pair (x + margin, x) minimizes share·KL(high, x + margin) + (1 − share)·KL(low, x), where KL(a, b) =
 * a·log(a/b) − a + b. Its derivative, times x·(x + margin), is a square function of either rate: y² − sum·y − rest. At the
 * larger one of its zeros both rates are positive.
 */
function largerZero(sum: number, rest: number): number {
  const half = sum / 2
  const root = Math.sqrt(Math.max(0, half * half + rest))
  // The sum of two numbers with different signs loses digits. The product of both zeros does not.
  return half >= 0 ? half + root : rest / (root - half)
}
