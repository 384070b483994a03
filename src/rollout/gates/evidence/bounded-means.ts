import type { Aim, Comparison } from './comparison.ts'
import { logSum } from './log-sum.ts'
import { lowestOfConcave } from './lowest-evidence.ts'
import { crossRanks, type PairedBets, pairedEvidence } from './paired-bets.ts'
import type { Moments } from './sample.ts'

/** Between what single values lie. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** The strongest bet, as a part of one that a single value could make worthless. */
const strongest = 0.9
/** Each bet is half the one before. The last one is good for excesses of a quarter of what is to be seen, and below. */
const last = 1 / 4
const mostBets = 24
/** Halvings of the range in which the strongest bets stay the same. */
const halves = [1, 2, 3, 4, 5, 6].map((power) => 2 ** -power)
/** The part of the evidence of each arm that bets nothing, so that it is never worthless beside the other arm's. */
const unbet = 0.1

/**
 * Compares the mean of bounded values with a constant. For a value y of 0 or more and a claim that its mean is μ at most,
 * ξ = (y − μ) / μ is −1 or more. Then exp(λξ − ψ(λ)ξ²) with ψ(λ) = −log(1 − λ) − λ is 1 + λξ at most, for each λ from 0 to 1, which
 * is 1 at most on average. The evidence is the mean of the products over several λ. Fan, Grama and Liu, "Exponential
 * inequalities for martingales with applications" (2015), lemma 4.1; Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting" (2024), section 3.
 */
export function compareBoundedMean(candidate: Moments, range: Range, aim: Aim): Comparison {
  const unit = unitOf(candidate, range)
  const excess = (aim.detect - aim.margin) / (range.max - range.min)
  const differs = (moments: Moments, bound: number): number => {
    // One value above the least possible one refutes that there are none, and no mean can be above the greatest one.
    if (bound <= 0 || bound >= 1) return bound < 1 && moments.sum > 0 ? Infinity : -Infinity
    const [, ...logarithms] = logEvidence(moments, bound, betsOf(ladder(strongest / bound, excess), 1, bound))
    return logSum(logarithms) - Math.log(logarithms.length)
  }
  return {
    difference: candidate.sum / candidate.count,
    spread: errorOf(candidate),
    above: (bound) => differs(unit, toUnit(bound, range)),
    below: (bound) => differs(turned(unit), 1 - toUnit(bound, range)),
  }
}

/**
 * Compares the means of bounded values of two revisions. If the candidate's is at most `margin` above the stable
 * revision's, which is μ, then the evidence of the candidate against a mean of μ + margin at most, times that of the stable
 * revision against a mean of μ at least, is 1 at most on average. μ is not known, so the lowest product counts. Sources: see
 * `compareBoundedMean`.
 *
 * `share` is the share of the samples that go to the candidate. It only changes how soon something is shown.
 */
export function compareBoundedMeans(
  candidate: Moments,
  stable: Moments,
  share: number,
  range: Range,
  aim: Aim,
): Comparison {
  const width = range.max - range.min
  const [one, other] = [armOf(candidate, range, share), armOf(stable, range, 1 - share)]
  const worse = (aim.detect - aim.margin) / width
  const within = aim.margin > 0 ? aim.margin / width : worse
  return {
    difference: candidate.sum / candidate.count - stable.sum / stable.count,
    spread: Math.hypot(errorOf(candidate), errorOf(stable)),
    above: (margin, enough) => exceeds(one, other, margin / width, worse, enough),
    below: (margin, enough) => exceeds(other, one, -margin / width, within, enough),
  }
}

/** The standard error of a mean. */
function errorOf({ count, sum, sumSquares }: Moments): number {
  return Math.sqrt(Math.max(0, sumSquares - (sum * sum) / count)) / count
}

/** Sums of values that are moved to lie between 0 and 1, and the part of all samples that this arm gets. */
interface Arm {
  readonly moments: Moments
  readonly part: number
}

function armOf(moments: Moments, range: Range, share: number): Arm {
  return { moments: unitOf(moments, range), part: Math.min(0.99, Math.max(0.01, share)) }
}

function exceeds(upper: Arm, lower: Arm, margin: number, excess: number, enough: number | undefined): number {
  // No mean is more than 1 above another one, or more than 1 below it.
  if (margin <= -1) return Infinity
  if (margin >= 1) return -Infinity
  const low = turned(lower.moments)
  const all = pieces(margin)
  let lowest = Number.POSITIVE_INFINITY
  if (enough !== undefined) {
    // Near the mean that both arms would have together, neither can show much. Often this place is enough to know.
    const weight = upper.moments.count / (upper.moments.count + lower.moments.count)
    const between = weight * (meanOf(upper) - margin) + (1 - weight) * meanOf(lower)
    const piece = all.find(([from, to]) => between >= from && between <= to)
    if (piece !== undefined) {
      const { weights, at } = betsIn(piece)
      lowest = pairedEvidence(weights, at(between))
    }
  }
  for (const piece of all) {
    if (enough !== undefined && lowest <= enough) break
    if (enough !== undefined && isClear(piece, enough)) continue
    const { weights, at } = betsIn(piece)
    lowest = lowestOfConcave(weights, at, piece[0], piece[1], lowest, enough)
  }
  return lowest

  function ladderIn([from, to]: Piece): readonly number[] {
    const [upperTop, lowerTop] = [strongest / (to + margin), strongest / (1 - from)]
    return ladder(Math.max(2 * upper.part * upperTop, 2 * lower.part * lowerTop), excess)
  }

  /** Whether one bet of one arm alone is enough in the whole piece. Far from the means it is. */
  function isClear([from, to]: Piece, enough: number): boolean {
    const bets = ladderIn([from, to])
    const alone = Math.log((crossRanks * unbet * (1 - unbet)) / bets.length)
    const up = evidenceOfOne(upper.moments, [from + margin, to + margin], bets, 2 * upper.part)
    if (up + alone > enough) return true
    return evidenceOfOne(low, [1 - to, 1 - from], bets, 2 * lower.part) + alone > enough
  }

  /** In a piece the same bets are made everywhere: those that are possible where values can be farthest from the mean. */
  function betsIn([from, to]: Piece): { weights: readonly number[]; at: (mean: number) => PairedBets } {
    const [upperMost, lowerMost] = [to + margin, 1 - from]
    const bets = ladderIn([from, to])
    const ups = betsOf(bets, 2 * upper.part, upperMost)
    const lows = betsOf(bets, 2 * lower.part, lowerMost)
    return {
      weights: [unbet, ...bets.map(() => (1 - unbet) / bets.length)],
      at: (mean) => ({
        upper: logEvidence(upper.moments, mean + margin, ups),
        lower: logEvidence(low, 1 - mean, lows),
      }),
    }
  }
}

function meanOf({ moments }: Arm): number {
  return moments.sum / moments.count
}

type Piece = readonly [number, number]

/** The stable revision's possible means, in pieces in which the strongest bets of both arms do not change by more than twice. */
function pieces(margin: number): readonly Piece[] {
  const [least, most] = [Math.max(0, -margin), Math.min(1, 1 - margin)]
  const borders: number[] = []
  for (const half of halves) {
    for (const border of [half - margin, 1 - half]) if (border > least && border < most) borders.push(border)
  }
  borders.sort((one, other) => one - other)
  borders.push(most)
  return borders.map((end, index) => [index === 0 ? least : (borders[index - 1] as number), end])
}

/** Bets from the strongest one down to those that are good for excesses below the wanted one. */
function ladder(top: number, excess: number): readonly number[] {
  const bets = [top]
  for (let bet = top; bet > last * 4 * excess && bets.length < mostBets; ) {
    bet /= 2
    bets.push(bet)
  }
  return bets
}

/** The evidence that the true mean is more than any of a piece, by the bet of a ladder that may be best there. */
function evidenceOfOne(
  moments: Moments,
  [from, to]: Piece,
  ladder: readonly number[],
  divisor: number,
): number {
  const { count, sum, sumSquares } = moments
  const mean = sum / count
  if (mean <= to) return 0
  // A small bet is best at the excess over the mean of its square.
  const best = (divisor * (mean - to)) / (sumSquares / count - 2 * to * mean + to * to)
  const bet = ladder.find((each) => each <= best) ?? (ladder.at(-1) as number)
  const one = priced(bet, divisor, to)
  // It is lowest at one of the ends.
  return Math.min(evidenceOfBet(moments, from, one), evidenceOfBet(moments, to, one))
}

/** Bets, and what each costs for each square of a distance from the mean. */
interface Bets {
  readonly stakes: readonly number[]
  readonly costs: readonly number[]
}

/** The bet on nothing, and others where no value is farther than `most` below the mean. */
function betsOf(ladder: readonly number[], divisor: number, most: number): Bets {
  const [stakes, costs] = [[0], [0]]
  for (const each of ladder) {
    const { stake, cost } = priced(each, divisor, most)
    stakes.push(stake)
    costs.push(cost)
  }
  return { stakes, costs }
}

interface Bet {
  readonly stake: number
  readonly cost: number
}

function priced(bet: number, divisor: number, most: number): Bet {
  const scaled = Math.min(strongest, (bet / divisor) * most)
  return { stake: scaled / most, cost: (-Math.log1p(-scaled) - scaled) / (most * most) }
}

function evidenceOfBet({ count, sum, sumSquares }: Moments, mean: number, { stake, cost }: Bet): number {
  return stake * (sum - count * mean) - cost * (sumSquares - 2 * mean * sum + count * mean * mean)
}

/** Logarithms of the evidence of each bet that the true mean is more than `mean`. */
function logEvidence({ count, sum, sumSquares }: Moments, mean: number, { stakes, costs }: Bets): number[] {
  const first = sum - count * mean
  const second = sumSquares - 2 * mean * sum + count * mean * mean
  const logarithms = stakes.slice()
  for (let rank = 0; rank < logarithms.length; rank += 1) {
    logarithms[rank] = (logarithms[rank] as number) * first - (costs[rank] as number) * second
  }
  return logarithms
}

function unitOf({ count, sum, sumSquares }: Moments, { min, max }: Range): Moments {
  const width = max - min
  return {
    count,
    sum: (sum - count * min) / width,
    sumSquares: Math.max(0, sumSquares - 2 * min * sum + count * min * min) / (width * width),
  }
}

function toUnit(value: number, { min, max }: Range): number {
  return (value - min) / (max - min)
}

/** Sums of 1 − y. */
function turned({ count, sum, sumSquares }: Moments): Moments {
  return { count, sum: count - sum, sumSquares: Math.max(0, count - 2 * sum + sumSquares) }
}
