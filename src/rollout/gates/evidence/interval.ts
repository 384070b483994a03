import type { Comparison, Evidence } from './comparison.ts'
import { crossingOf } from './crossing.ts'

/** The margins that are not refuted yet. It holds at all looks together. */
export interface ConfidenceInterval {
  readonly low: number
  readonly high: number
}

/** A margin of which it is known whether it is refuted. */
export interface JudgedMargin {
  readonly margin: number
  readonly verdict: 'pass' | 'fail' | 'undecided'
  /** The difference beyond it that the evidence is strong for. It only changes how soon an end is found. */
  readonly wanted?: number
}

/** An end lies hardly more than so much too far from the difference, as a part of its distance, and never too near. */
const tolerance = 0.015
/** The ends belong to the interval, so a refuted margin lies beyond them. */
const within = 1 - 1e-9
/** The evidence at the measured difference itself, nearly, as a negative number: more where a smaller one than wanted is seen. */
const leastBehind = 0.6
const anyBehind = 2.5
const wantedSpreads = 3
/** How much slower than with the square of the distance the evidence grows, nearly. */
const flatter = 0.9

/**
 * The true difference lies in it with probability 1 − `alpha` − `beta` at least: it lies below `low` with probability
 * `alpha` at most, and above `high` with probability `beta` at most. `least` and `most` are the differences that can be.
 * Where a margin was judged, the interval does not contradict it.
 */
export function intervalOf(
  { difference, spread, above, below }: Comparison,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
  { least, most }: { readonly least: number; readonly most: number },
  judged?: JudgedMargin,
): ConfidenceInterval {
  const down: Side = {
    evidence: above,
    enough: -Math.log(alpha),
    sign: -1,
    end: least,
    refuted: judged?.verdict === 'fail',
  }
  const up: Side = {
    evidence: below,
    enough: -Math.log(beta),
    sign: 1,
    end: most,
    refuted: judged?.verdict === 'pass',
  }
  const from = { difference, spread, margin: judged?.margin ?? difference }
  const wanted = judged?.wanted
  return { low: difference - reachOf(down, from, wanted), high: difference + reachOf(up, from, wanted) }
}

/** One side of the difference, from it to the `end`. */
interface Side {
  readonly evidence: Evidence
  readonly enough: number
  readonly sign: 1 | -1
  readonly end: number
  /** Whether the judged margin is refuted on this side. */
  readonly refuted: boolean
}

/** How far the margins that are not refuted reach. The evidence grows with the square of the distance, nearly. */
function reachOf(
  { evidence, enough, sign, end, refuted }: Side,
  { difference, spread, margin }: Pick<Comparison, 'difference' | 'spread'> & Pick<JudgedMargin, 'margin'>,
  wanted: number | undefined,
): number {
  const judged = sign * (margin - difference)
  const most = sign * (end - difference)
  const behind =
    wanted === undefined ? anyBehind : leastBehind + Math.max(0, Math.log(wanted / (wantedSpreads * spread)))
  const square = crossingOf(
    (squared) => evidence(difference + sign * Math.sqrt(squared), enough),
    enough,
    {
      from: judged > 0 && judged < most && !refuted ? judged * judged : 0,
      to: (judged > 0 && judged < most && refuted ? within * judged : most) ** 2,
      guess: (enough + behind) * 2 * spread * spread,
      slope: flatter / (2 * spread * spread),
      isConvexInRoot: true,
    },
    2 * tolerance,
  )
  return Math.sqrt(square)
}
