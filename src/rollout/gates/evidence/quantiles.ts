import { histogramQuantile } from '../../../telemetry/contract/histogram-quantile.ts'
import { raisedOdds } from './alternatives.ts'
import type { Aim, Comparison } from './comparison.ts'
import { lowestOfConcave, lowestOfCrossing } from './lowest-evidence.ts'
import { once } from './once.ts'
import { type PairedBets, pairedEvidence } from './paired-bets.ts'
import { compareProportion } from './proportion.ts'
import type { CellCounts } from './sample.ts'
import { atOrAbove, type Borders, bordersOf, countAbove, countPossible, pathThrough } from './shares-above.ts'

/**
 * By how much the logarithm of the odds of a share above a place changes when all values grow by one part in one, as for
 * latencies whose logarithms deviate by some 0.6. Half of it falls to each of two revisions.
 */
const steepness = 3.6

/** The bets of each revision, as multiples of the wanted one. The first is none. */
const betFactors = [0, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4]
const betWeights = [0.05, 0.05, 0.05, 0.1, 0.2, 0.3, 0.2, 0.05]
/** Those for a basis that is not known. */
const anyBets = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
const anyWeights = anyBets.map(() => 1 / anyBets.length)
/** No share is taken to have more than some 50 times the odds of another. */
const strongestBet = 4

/**
 * Compares a quantile of a histogram with a constant: the quantile is above the constant just if the share of the samples
 * above it is more than 1 − p. Samples are taken as spread evenly within their cell, so the true quantile that is judged
 * is the one that `histogramQuantile` gives for the true shares of the cells. A part of a sample counts as such a part:
 * likelihood ratios of shares are convex in it, and so they are 1 at most on average as for whole samples.
 */
export function compareQuantile(candidate: CellCounts, aim: Aim): Comparison {
  const { least, most } = bordersOf(candidate)
  const total = most.all
  const share = 1 - candidate.quantile
  const wanted = wantedBet(aim, aim.detect - aim.margin)
  const detect = wanted === undefined ? 2 * share : raisedOdds(share, Math.exp(2 * wanted))
  const shareAim = { margin: share, detect }
  return {
    difference: histogramQuantile(candidate),
    get spread() {
      return spreadOf(candidate, total)
    },
    above: (bound) => compareProportion({ bad: countAbove(least, bound), total }, shareAim).above(share),
    below: (bound) => compareProportion({ bad: countPossible(most, bound), total }, shareAim).below(share),
  }
}

/**
 * Compares the same quantile of two histograms. If the candidate's is at most `margin` above the stable revision's, which
 * is x, then at most 1 − p of the candidate's samples lie above x + margin, and at least 1 − p of the stable revision's
 * lie at x or above. For each x the evidence against both is a mean of products of likelihood ratios. x is not known, so the
 * lowest evidence counts. Howard and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and
 * best-arm identification" (2022), section 5, with mixtures of likelihood ratios in place of their bounds.
 *
 * A sample above all bounds may lie anywhere there, and so may a quantile. Nothing that is shown leans on where they are.
 *
 * `share` is the share of the samples that go to the candidate. It only changes how soon something is shown.
 */
export function compareQuantiles(
  candidate: CellCounts,
  stable: CellCounts,
  share: number,
  aim: Aim,
): Comparison {
  const one = armOf(candidate, share)
  const other = armOf(stable, 1 - share)
  const wanted = aim.detect - aim.margin
  const worse = once(() => betsOf(one, other, wantedBet(aim, wanted)))
  const within = once(() => betsOf(other, one, wantedBet(aim, aim.margin > 0 ? aim.margin : wanted)))
  return {
    difference: one.quantile - other.quantile,
    get spread() {
      return Math.hypot(spreadOf(candidate, one.total), spreadOf(stable, other.total))
    },
    above: (margin, enough) => exceeds(one, other, margin, worse(), enough),
    below: (margin, enough) => exceeds(other, one, -margin, within(), enough),
  }
}

interface Arm {
  /** By the samples that surely lie above a place, and by those that may. */
  readonly borders: Readonly<Record<'least' | 'most', Borders>>
  readonly total: number
  readonly quantile: number
  /** The share of samples above the quantile. */
  readonly above: number
  /** The part of all samples that this arm gets. */
  readonly part: number
}

function armOf(cells: CellCounts, part: number): Arm {
  const borders = bordersOf(cells)
  return {
    borders,
    total: borders.most.all,
    quantile: histogramQuantile(cells),
    above: 1 - cells.quantile,
    part: Math.min(0.99, Math.max(0.01, part)),
  }
}

/** About how far chance moves a quantile: as far as the share of the samples below it moves. */
function spreadOf({ quantile, bounds, counts }: CellCounts, total: number): number {
  const off = Math.sqrt((quantile * (1 - quantile)) / total)
  const at = (share: number): number => histogramQuantile({ quantile: share, bounds, counts })
  return (at(Math.min(1, quantile + off)) - at(Math.max(0, quantile - off))) / 2
}

/** How far the logarithm of the odds is from what the claim allows, on each side. Undefined without a basis. */
function wantedBet({ basis }: Aim, excess: number): number | undefined {
  if (basis === undefined || basis === 0) return undefined
  return Math.min(2, Math.max(0.02, (steepness / 2) * Math.log1p(excess / Math.abs(basis))))
}

/** The bets of one arm: what each sample above a place adds to their logarithms, and what all samples add. */
interface ArmBets {
  readonly each: readonly number[]
  readonly all: readonly number[]
}

interface BothBets {
  readonly weights: readonly number[]
  readonly up: ArmBets
  readonly down: ArmBets
}

function betsOf(upper: Arm, lower: Arm, wanted: number | undefined): BothBets {
  const bets = wanted === undefined ? anyBets : betFactors.map((factor) => factor * wanted)
  const ofArm = ({ part, above, total }: Arm, sign: 1 | -1): ArmBets => {
    const each = bets.map((bet) => sign * Math.min(strongestBet, bet / (2 * part)))
    return { each, all: each.map((bet) => -total * Math.log1p(above * Math.expm1(bet))) }
  }
  return {
    weights: wanted === undefined ? anyWeights : betWeights,
    up: ofArm(upper, 1),
    down: ofArm(lower, -1),
  }
}

function logarithmsAt({ each, all }: ArmBets, count: number): readonly number[] {
  const logarithms = all.slice()
  for (let rank = 0; rank < logarithms.length; rank += 1) {
    logarithms[rank] = (logarithms[rank] as number) + (each[rank] as number) * count
  }
  return logarithms
}

function exceeds(
  upper: Arm,
  lower: Arm,
  margin: number,
  { weights, up, down }: BothBets,
  enough: number | undefined,
): number {
  const betsAt = (above: number, notBelow: number): PairedBets => ({
    upper: logarithmsAt(up, above),
    lower: logarithmsAt(down, notBelow),
  })
  const { least } = upper.borders
  const { most } = lower.borders
  const { places, beyond } = most
  const atBorder = (border: number): PairedBets =>
    betsAt(countAbove(least, (places[border] as number) + margin), atOrAbove(most, border))
  const withinCell = (cell: number, known: number): number => {
    const path = pathThrough(least, most, margin, cell)
    const at = (x: number): PairedBets => betsAt(valueAt(path.upper, x), valueAt(path.lower, x))
    let lowest = known
    for (let step = 0; step + 1 < path.upper.length; step += 1) {
      lowest = lowestOfConcave(weights, at, step, step + 1, lowest, enough)
    }
    return lowest
  }
  // The lower quantile may also lie above all bounds. No sample of the other revision surely lies above it there.
  const outside = pairedEvidence(weights, betsAt(0, beyond))
  // Near the place where both quantiles would lie if they differed by the margin, neither arm can show much.
  const weight = upper.total / (upper.total + lower.total)
  const place = weight * (upper.quantile - margin) + (1 - weight) * lower.quantile
  const there = betsAt(countAbove(least, place + margin), countPossible(most, place))
  const known = Math.min(outside, pairedEvidence(weights, there))
  return lowestOfCrossing(weights, atBorder, 0, places.length - 1, withinCell, known, enough)
}

function valueAt(path: readonly number[], x: number): number {
  const before = Math.floor(x)
  const value = path[before] as number
  return before === x ? value : value + (x - before) * ((path[before + 1] as number) - value)
}
