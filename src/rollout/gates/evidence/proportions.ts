import { type Alternative, alternativesOf } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { logRise } from './log-rise.ts'
import { once } from './once.ts'

/** A proportion that is nearer to 0 or 1 than this is 0 or 1 but for rounding: its ratio to another one is worthless. */
const rounding = 1e-9

/** How many of `total` samples are bad. */
export interface Proportion {
  readonly bad: number
  readonly total: number
}

/** Compares two proportions of samples that were split at random, a share `share` of them to the candidate. */
export function compareProportions(
  candidate: Proportion,
  stable: Proportion,
  share: number,
  aim: Aim,
): Comparison {
  return proportionsTest(share, aim)(candidate, stable)
}

/**
 * Makes the comparison of two proportions, ready for any counts: what depends on the aim alone is computed once.
 *
 * An alternative is a pair of true proportions. It is compared with the nearest pair that the claim allows, in
 * Kullback-Leibler divergence with the weights of the split (the reverse information projection). Under every pair of the
 * claim the likelihood ratio of the two is 1 at most on average, for each sample, whatever the pair is and however it drifts.
 * The evidence is a weighted mean of such ratios. Turner and Grünwald, "Exact anytime-valid confidence intervals for
 * contingency tables and beyond" (2023), theorem 1.
 */
export function proportionsTest(
  share: number,
  aim: Aim,
): (candidate: Proportion, stable: Proportion) => Comparison {
  const worse = once(() => alternativesOf(aim, aim.detect - aim.margin))
  const within = aim.margin > 0 ? once(() => equals(aim)) : worse
  // Whoever looks again asks for the aim's own margin. Each other margin is one of an interval, and asked once.
  const ownAbove = once(() => ratiosOf(share, aim.margin, worse()))
  const ownBelow = once(() => ratiosOf(1 - share, -aim.margin, within()))
  return (candidate, stable) => ({
    difference: candidate.bad / candidate.total - stable.bad / stable.total,
    spread: Math.hypot(errorOf(candidate), errorOf(stable)),
    above: (margin) =>
      evidence(margin === aim.margin ? ownAbove() : ratiosOf(share, margin, worse()), candidate, stable),
    below: (margin) =>
      evidence(
        margin === aim.margin ? ownBelow() : ratiosOf(1 - share, -margin, within()),
        stable,
        candidate,
      ),
  })
}

/** The standard error of a proportion, as if one sample more were good and one more bad. */
export function errorOf({ bad, total }: Proportion): number {
  const share = (bad + 1) / (total + 2)
  return Math.sqrt((share * (1 - share)) / (total + 2))
}

/** Alternatives to "the candidate is worse by the margin or more": it is about as good as the stable revision. */
function equals({ margin, basis }: Aim): readonly Alternative[] {
  return alternativesOf({ ...(basis !== undefined && { basis }) }, margin)
}

/** The logarithm of one likelihood ratio, in parts: what each sample adds. */
interface Ratio {
  readonly weight: number
  readonly upperBad: number
  readonly upperGood: number
  readonly lowerBad: number
  readonly lowerGood: number
}

/**
 * The ratios for the claim that the proportion of the upper side exceeds that of the lower side by more than `margin`.
 * `share` is the share of the samples that go to the upper side.
 */
function ratiosOf(share: number, margin: number, alternatives: readonly Alternative[]): readonly Ratio[] {
  const ratios: Ratio[] = []
  // No share can be higher by so much.
  if (margin >= 1) return ratios
  for (const { lower: low, excess, weight } of alternatives) {
    const high = low + margin + excess
    if (high <= rounding || high >= 1 - rounding) continue
    // Both proportions of the nearest allowed pair lie between those of the alternative.
    const rise = project(low, high, excess, share)
    ratios.push({
      weight,
      upperBad: -logRise(high, rise - excess),
      upperGood: -logRise(1 - high, excess - rise),
      lowerBad: -logRise(low, rise),
      lowerGood: -logRise(1 - low, -rise),
    })
  }
  return ratios
}

/** Beside a ratio, one that is so much smaller changes no digit of their mean. */
const negligible = -45

/** Logarithm of the weighted mean of the ratios. Minus infinity without any. */
function evidence(ratios: readonly Ratio[], upper: Proportion, lower: Proportion): number {
  if (ratios.length === 0) return Number.NEGATIVE_INFINITY
  const upperGood = upper.total - upper.bad
  const lowerGood = lower.total - lower.bad
  const logarithms: number[] = []
  let largest = Number.NEGATIVE_INFINITY
  for (const ratio of ratios) {
    const logarithm =
      upper.bad * ratio.upperBad +
      upperGood * ratio.upperGood +
      lower.bad * ratio.lowerBad +
      lowerGood * ratio.lowerGood
    if (logarithm > largest) largest = logarithm
    logarithms.push(logarithm)
  }
  let sum = 0
  let weights = 0
  for (let place = 0; place < ratios.length; place += 1) {
    const { weight } = ratios[place] as Ratio
    const behind = (logarithms[place] as number) - largest
    weights += weight
    if (behind > negligible) sum += weight * Math.exp(behind)
  }
  return largest + Math.log(sum / weights)
}

/** Halley's method triples the digits with each step. It needs some two. */
const mostSteps = 60
const thirdOfTheDigits = 1e-5

/**
 * By how much the lower one of the nearest allowed pair lies above `low`: the x that minimizes
 * share·KL(high, high − excess + x) + (1 − share)·KL(low, low + x). The derivative has the sign of the cubic function
 * share·(x − excess)·v(low + x) + (1 − share)·x·v(high − excess + x) with v(p) = p·(1 − p). It is negative at 0 and positive at `excess`.
 */
function project(low: number, high: number, excess: number, share: number): number {
  const border = high - excess
  if (border === low) return share * excess
  const spread = low * (1 - low)
  const c0 = -share * excess * spread
  const c1 = share * (spread - excess * (1 - 2 * low)) + (1 - share) * border * (1 - border)
  const c2 = share * (1 - 2 * low + excess) + (1 - share) * (1 - 2 * border)
  let from = Math.max(0, -border)
  let to = Math.min(excess, 1 - low, 1 - border)
  // Near the alternative, the divergence grows with the square of the distance, and with the fewer the larger the variance is.
  const upperPart = share * spread
  let x = (excess * upperPart) / (upperPart + (1 - share) * high * (1 - high))
  if (!(x > from && x < to)) x = (from + to) / 2
  for (let step = 0; step < mostSteps; step += 1) {
    const value = c0 + x * (c1 + x * (c2 - x))
    if (value > 0) to = x
    else from = x
    const slope = c1 + x * (2 * c2 - 3 * x)
    const halley = x - (value * slope) / (slope * slope - value * (c2 - 3 * x))
    const next = halley >= from && halley <= to ? halley : (from + to) / 2
    const last = x
    x = next
    if (Math.abs(next - last) <= thirdOfTheDigits * Math.min(low + last, border + last)) break
  }
  return x
}
