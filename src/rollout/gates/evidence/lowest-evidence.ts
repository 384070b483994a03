import { evidenceBetween, leastEvidence, lowestBets, type PairedBets, pairedEvidence } from './paired-bets.ts'

/** A found logarithm of the evidence may be so much lower than the lowest, and is never higher. */
const tolerance = 0.02
/** Far more halvings than are needed. Beyond them a bound is taken for the lowest evidence. */
const mostHalvings = 40

/**
 * The lowest evidence at the whole numbers from `from` to `to` and between them, where each bet of the upper arm falls with
 * x and each bet of the lower arm grows. So the ends of an interval bound the evidence in it from below, and intervals
 * in which it cannot be lowest are left out. `within` gives the lowest evidence between a whole number and the next, or
 * the number it is given, if that is lower. `known` is evidence that was seen at some place.
 *
 * Where it is only asked whether the evidence is more than `enough` everywhere, the search ends at the first place where it
 * is not, and leaves out intervals in which it is.
 */
export function lowestOfCrossing(
  weights: readonly number[],
  at: (x: number) => PairedBets,
  from: number,
  to: number,
  within: (x: number, known: number) => number,
  known: number = Number.POSITIVE_INFINITY,
  enough?: number,
): number {
  let lowest = known
  if (isAtMost(lowest, enough)) return lowest
  const see = (x: number): PairedBets => {
    const bets = at(x)
    if (!isSurelyMore(weights, bets, enough)) lowest = Math.min(lowest, pairedEvidence(weights, bets))
    return bets
  }
  const search = (begin: number, first: PairedBets, end: number, last: PairedBets): void => {
    if (end <= begin || isAtMost(lowest, enough)) return
    const least = { upper: last.upper, lower: first.lower }
    if (isSurelyMore(weights, least, enough)) return
    const bound = pairedEvidence(weights, least)
    if (bound >= lowest || isMore(bound, enough)) return
    if (end - begin === 1) {
      lowest = within(begin, lowest)
      return
    }
    const middle = Math.floor((begin + end) / 2)
    const between = see(middle)
    search(begin, first, middle, between)
    search(middle, between, end, last)
  }
  search(from, see(from), to, see(to))
  return lowest
}

/**
 * The lowest evidence in an interval in which the logarithm of each bet is a concave function of x, or `known` if that is
 * lower. Concave functions lie above their chords. Where the chords do not show that the evidence is no lower than a value
 * that was seen, the interval is divided (branch and bound). `enough` is as above.
 */
export function lowestOfConcave(
  weights: readonly number[],
  at: (x: number) => PairedBets,
  from: number,
  to: number,
  known: number = Number.POSITIVE_INFINITY,
  enough?: number,
): number {
  let lowest = known
  const search = (
    begin: number,
    first: PairedBets,
    end: number,
    last: PairedBets,
    halvings: number,
  ): void => {
    if (isAtMost(lowest, enough)) return
    // These bounds are worse ones, and cheap.
    if (enough !== undefined) {
      const least = lowestBets(first, last)
      if (isSurelyMore(weights, least, enough) || pairedEvidence(weights, least) > enough) return
    }
    const chords = lowestOfChords(weights, first, last, enough)
    lowest = Math.min(lowest, chords.seen - tolerance)
    if (chords.bound >= lowest || isMore(chords.bound, enough)) return
    const middle = begin + chords.part * (end - begin)
    if (halvings === 0 || !(middle > begin && middle < end)) {
      lowest = chords.bound
      return
    }
    const between = at(middle)
    search(begin, first, middle, between, halvings - 1)
    search(middle, between, end, last, halvings - 1)
  }
  search(from, at(from), to, at(to), mostHalvings)
  return lowest
}

function isAtMost(evidence: number, enough: number | undefined): boolean {
  return enough !== undefined && evidence <= enough
}

function isMore(evidence: number, enough: number | undefined): boolean {
  return enough !== undefined && evidence > enough
}

function isSurelyMore(weights: readonly number[], bets: PairedBets, enough: number | undefined): boolean {
  return enough !== undefined && leastEvidence(weights, bets) > enough
}

const mostTangents = 30

/** What is known of an interval by its ends. */
interface Chords {
  /** The evidence is nowhere lower. */
  readonly bound: number
  /** The lower one of the numbers at the ends that were looked at. */
  readonly seen: number
  /** Where it may be lowest, as a part of the way from one end to the other. */
  readonly part: number
}

/**
 * The lowest evidence if each bet went straight from one end to the other. The logarithm of a mean of exponentials of
 * straight lines is convex, so it lies above its tangents.
 */
function lowestOfChords(
  weights: readonly number[],
  first: PairedBets,
  last: PairedBets,
  enough: number | undefined,
): Chords {
  let [from, begin] = [0, evidenceBetween(weights, first, last, 0)]
  if (begin.slope >= 0) return { bound: begin.value, seen: begin.value, part: 0.5 }
  let [to, end] = [1, evidenceBetween(weights, first, last, 1)]
  if (end.slope <= 0) return { bound: end.value, seen: end.value, part: 0.5 }
  const seen = Math.min(begin.value, end.value)
  for (let tangents = 1; ; tangents += 1) {
    const part = (end.value - begin.value + begin.slope * from - end.slope * to) / (begin.slope - end.slope)
    const bound = begin.value + begin.slope * (part - from)
    if (isMore(bound, enough)) return { bound, seen, part }
    if (!(part > from && part < to)) return { bound, seen, part: (from + to) / 2 }
    const line = evidenceBetween(weights, first, last, part)
    if (line.value - bound < tolerance / 2 || tangents === mostTangents) return { bound, seen, part }
    if (line.slope < 0) [from, begin] = [part, line]
    else [to, end] = [part, line]
  }
}
