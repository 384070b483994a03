import type { Alternative } from './alternatives.ts'
import { logRise } from './log-rise.ts'
import type { Proportion } from './sample.ts'

/** In which order alternatives are looked at, by their places: first those that made nearly all of the evidence last time. */
export interface Order {
  places: number[]
  strong: number
}

/**
 * Logarithm of the evidence that the proportion of the upper side exceeds that of the lower side by more than a margin, for any
 * counts. Where only `enough` is asked, it ends where the strong alternatives give more, because all together never give less.
 */
export type ExcessTest = (
  margin: number,
  upper: Proportion,
  lower: Proportion,
  order: Order,
  enough?: number,
) => number

/** A proportion that is nearer to 0 or 1 than this is 0 or 1 but for rounding: its ratio to another one is worthless. */
const rounding = 1e-9
/** Beside a ratio, one that is so much smaller changes no digit of their mean. */
const negligible = -45
/** By how much the logarithm of a strong alternative's ratio is below the largest one at most. */
const strongest = 5

/**
 * An alternative is a pair of true proportions. It is compared with the nearest pair that the claim allows, in
 * Kullback-Leibler divergence with the weights of the split (the reverse information projection). Under every pair of the
 * claim the likelihood ratio of the two is 1 at most on average, for each sample, whatever the pair is and however it drifts.
 * The evidence is a weighted mean of such ratios. Turner and Grünwald, "Exact anytime-valid confidence intervals for
 * contingency tables and beyond" (2023), theorem 1.
 *
 * `share` is the share of the samples that go to the upper side. The ratios for the margin `own` are computed once, because it
 * is asked for at each look. Each other margin is one of an interval.
 */
export function excessTest(
  share: number,
  own: number,
  alternatives: () => readonly Alternative[],
): ExcessTest {
  const ofOwn: (Ratio | undefined)[] = []
  const logarithms: number[] = []
  return (margin, upper, lower, order, enough) => {
    const all = alternatives()
    const weights = possibleWeight(all, margin)
    // No proportion can be higher by so much.
    if (weights === 0) return Number.NEGATIVE_INFINITY
    const known = margin === own ? ofOwn : undefined
    if (order.places.length === 0) order.places = all.map((_, place) => place)
    const { places, strong } = order
    const upperBad = upper.bad
    const lowerBad = lower.bad
    const upperGood = upper.total - upper.bad
    const lowerGood = lower.total - lower.bad
    let largest = Number.NEGATIVE_INFINITY
    let sum = 0
    for (let step = 0; step < places.length; step += 1) {
      if (step === strong && enough !== undefined && sum > 0) {
        const least = largest + Math.log(sum / weights)
        if (least > enough) return least
      }
      const place = places[step] as number
      const alternative = all[place] as Alternative
      const { lower: low, excess, weight } = alternative
      const high = low + margin + excess
      if (!isPossible(high)) {
        logarithms[step] = Number.NEGATIVE_INFINITY
        continue
      }
      let logarithm = 0
      if (known === undefined) {
        const rise = project(low, high, excess, share)
        const fall = rise - excess
        logarithm = -(
          upperBad * logRise(high, fall) +
          upperGood * logRise(1 - high, -fall) +
          lowerBad * logRise(low, rise) +
          lowerGood * logRise(1 - low, -rise)
        )
      } else {
        const ratio = known[place] ?? ratioOf(share, alternative, high)
        known[place] = ratio
        logarithm =
          upperBad * ratio.upperBad +
          upperGood * ratio.upperGood +
          lowerBad * ratio.lowerBad +
          lowerGood * ratio.lowerGood
      }
      logarithms[step] = logarithm
      if (logarithm > largest) {
        sum = sum * Math.exp(largest - logarithm) + weight
        largest = logarithm
      } else if (logarithm - largest > negligible) {
        sum += weight * Math.exp(logarithm - largest)
      }
    }
    if (enough !== undefined) arrange(order, logarithms, largest - strongest)
    return largest + Math.log(sum / weights)
  }
}

function arrange(order: Order, logarithms: readonly number[], least: number): void {
  const { places } = order
  let strong = 0
  for (let step = 0; step < places.length; step += 1) {
    if ((logarithms[step] as number) <= least) continue
    const place = places[step] as number
    places[step] = places[strong] as number
    places[strong] = place
    strong += 1
  }
  order.strong = strong
}

/** The logarithm of one likelihood ratio, in parts: what each sample adds. */
interface Ratio {
  readonly upperBad: number
  readonly upperGood: number
  readonly lowerBad: number
  readonly lowerGood: number
}

function ratioOf(share: number, { lower: low, excess }: Alternative, high: number): Ratio {
  const rise = project(low, high, excess, share)
  return {
    upperBad: -logRise(high, rise - excess),
    upperGood: -logRise(1 - high, excess - rise),
    lowerBad: -logRise(low, rise),
    lowerGood: -logRise(1 - low, -rise),
  }
}

function possibleWeight(alternatives: readonly Alternative[], margin: number): number {
  let weights = 0
  for (const each of alternatives) if (isPossible(highOf(each, margin))) weights += each.weight
  return weights
}

function highOf({ lower, excess }: Alternative, margin: number): number {
  return lower + margin + excess
}

function isPossible(high: number): boolean {
  return high > rounding && high < 1 - rounding
}

/** Halley's method triples the digits with each step. It needs one or two. */
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
  // The divergence grows nearly with the square of the distance, and the slower the larger the variance is on the way.
  const half = excess / 2
  const upperPart = share * (low + half) * (1 - low - half)
  let x = (excess * upperPart) / (upperPart + (1 - share) * (border + half) * (1 - border - half))
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
