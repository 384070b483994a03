import { type Alternative, alternativesOf } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { logSum } from './log-sum.ts'

/** A proportion that is nearer to 0 or 1 than this is 0 or 1 but for rounding: its ratio to another one is worthless. */
const rounding = 1e-9

/** How many of `total` samples are bad. */
export interface Proportion {
  readonly bad: number
  readonly total: number
}

/**
 * Compares two proportions of samples that were split at random, a share `share` of them to the candidate.
 *
 * An alternative is a pair of true proportions. It is compared with the nearest pair that the claim allows, in
 * Kullback-Leibler divergence with the weights of the split (the reverse information projection). Under every pair of the
 * claim the likelihood ratio of the two is 1 at most on average, for each sample, whatever the pair is and however it drifts.
 * The evidence is a weighted mean of such ratios. Turner and Grünwald, "Exact anytime-valid confidence intervals for
 * contingency tables and beyond" (2023), theorem 1.
 */
export function compareProportions(
  candidate: Proportion,
  stable: Proportion,
  share: number,
  aim: Aim,
): Comparison {
  const tests = testsOf(aim, share)
  return {
    difference: candidate.bad / candidate.total - stable.bad / stable.total,
    above: (margin) => evidence(tests.above(margin), candidate, stable),
    below: (margin) => evidence(tests.below(margin), stable, candidate),
  }
}

interface Tests {
  readonly share: number
  readonly above: (margin: number) => readonly Ratio[]
  readonly below: (margin: number) => readonly Ratio[]
}

/** The last tests of each aim. Whoever asks again with other counts, thousands of times, does not project again. */
const lastTests = new WeakMap<Aim, Tests>()

function testsOf(aim: Aim, share: number): Tests {
  const last = lastTests.get(aim)
  if (last?.share === share) return last
  const worse = alternativesOf(aim, aim.detect - aim.margin)
  const within = aim.margin > 0 ? equals(aim) : worse
  const tests = {
    share,
    above: keepingOne(aim.margin, (margin) => ratiosOf(share, margin, worse)),
    below: keepingOne(aim.margin, (margin) => ratiosOf(1 - share, -margin, within)),
  }
  lastTests.set(aim, tests)
  return tests
}

/** Computes the ratios of the gate's own margin once. The other margins are those of an interval, each asked once. */
function keepingOne(
  own: number,
  ratios: (margin: number) => readonly Ratio[],
): (margin: number) => readonly Ratio[] {
  let kept: readonly Ratio[] | undefined
  return (margin) => {
    if (margin !== own) return ratios(margin)
    kept ??= ratios(own)
    return kept
  }
}

/** Alternatives to "the candidate is worse by the margin or more": it is about as good as the stable revision. */
function equals({ margin, basis }: Aim): readonly Alternative[] {
  return alternativesOf({ ...(basis !== undefined && { basis }) }, margin)
}

/** The logarithm of one likelihood ratio, in parts: its weight, and what each sample adds. */
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
  // No share can be higher by so much.
  if (margin >= 1) return []
  const possible = alternatives.filter(({ lower, excess }) => {
    const high = lower + margin + excess
    return high > rounding && high < 1 - rounding
  })
  const used = possible.reduce((sum, { weight }) => sum + weight, 0)
  return possible.map(({ lower: low, excess, weight }) => {
    const high = low + margin + excess
    const allowedLow = project(high, low, margin, share)
    const allowedHigh = allowedLow + margin
    return {
      weight: Math.log(weight / used),
      upperBad: Math.log(high / allowedHigh),
      upperGood: Math.log((1 - high) / (1 - allowedHigh)),
      lowerBad: Math.log(low / allowedLow),
      lowerGood: Math.log((1 - low) / (1 - allowedLow)),
    }
  })
}

/** Logarithm of the evidence for the claim. */
function evidence(ratios: readonly Ratio[], upper: Proportion, lower: Proportion): number {
  if (ratios.length === 0) return Number.NEGATIVE_INFINITY
  const upperGood = upper.total - upper.bad
  const lowerGood = lower.total - lower.bad
  return logSum(
    ratios.map(
      (ratio) =>
        ratio.weight +
        upper.bad * ratio.upperBad +
        upperGood * ratio.upperGood +
        lower.bad * ratio.lowerBad +
        lowerGood * ratio.lowerGood,
    ),
  )
}

/** Enough for the last digits. Newton's method needs some five steps. */
const mostSteps = 60

/**
 * The lower one of the nearest allowed pair: the x that minimizes share·KL(high, x + margin) + (1 − share)·KL(low, x).
 * `cubic` has the sign of the derivative. It is negative at the begin of the bracket and positive at its end.
 */
function project(high: number, low: number, margin: number, share: number): number {
  if (margin === 0) return share * high + (1 - share) * low
  let from = Math.max(low, -margin)
  let to = Math.min(high - margin, 1, 1 - margin)
  let x = (from + to) / 2
  for (let step = 0; step < mostSteps; step += 1) {
    const y = x + margin
    const cubic = share * (y - high) * x * (1 - x) + (1 - share) * (x - low) * y * (1 - y)
    if (cubic > 0) to = x
    else from = x
    const slope =
      share * (x * (1 - x) + (y - high) * (1 - 2 * x)) + (1 - share) * (y * (1 - y) + (x - low) * (1 - 2 * y))
    const newton = x - cubic / slope
    const next = newton > from && newton < to ? newton : (from + to) / 2
    if (Math.abs(next - x) <= 1e-15 * Math.abs(next)) return next
    x = next
  }
  return x
}
