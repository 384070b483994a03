import { nextTurn, seededRandom } from '../../../clock.ts'
import { type ChosenTest, type TestOptions, testFor } from '../choose-test.ts'
import type { Sample } from '../evidence/sample.ts'
import type { Draws, MadeUp } from './draws/draws.ts'

export interface Sought {
  /** How samples are made up. */
  readonly draws: Draws
  /** What the metric of the candidate is in truth. */
  readonly candidate: number
  /** Whether the rule compares with the stable revision. If not, it has a constant. */
  readonly compares: boolean
  readonly options: TestOptions
  /** What is to be shown: that the candidate is above the margin, or below it. */
  readonly side: 'above' | 'below'
  /** The evidence that it takes: its level, such as 0.05. */
  readonly level: number
  readonly power: number
}

/** The more runs, the nearer is the promise: with 800, the share of runs that keep it is off by some 1 point. */
const usualRuns = 800
/** The looks of a run lie so close together that more of them would change little. */
const growth = 1.03
/** The runs that show it earlier count for no power that a gate may have. */
const earliest = 0.35
/** Some 3 ms of work. */
const runsInTurn = 6
/** More samples than any route has. */
const mostSamples = 1e9

/**
 * How many samples of both revisions together it takes until the test has shown what is sought in `power` of all cases. It is
 * found by trying: seeded runs of the test itself, which take some 0.1 s of CPU. In between, other work of the process goes on.
 * Infinity when no number of samples is enough.
 */
export async function samplesToSee(sought: Sought, runs: number = usualRuns): Promise<number> {
  const choose = testFor(sought.options)
  const typical = typicalSamples(sought, choose)
  if (!Number.isFinite(typical)) return Number.POSITIVE_INFINITY
  const ends: number[] = []
  for (let run = 0; run < runs; run += 1) {
    if (run % runsInTurn === 0) await nextTurn()
    ends.push(shownAt(sought, choose, typical, seededRandom(7919 * (run + 1))))
  }
  ends.sort((one, other) => one - other)
  return ends[Math.ceil(sought.power * runs) - 1] ?? Number.POSITIVE_INFINITY
}

/** The number of samples at which the expected numbers show it. */
export function typicalSamples(sought: Sought, choose: ChosenTest = testFor(sought.options)): number {
  const revisions = madeUp(sought)
  const share = shareOf(sought)
  const isShownBy = (samples: number): boolean => isShown(sought, choose, expected(revisions, share, samples))
  let few = 1
  let enough = 2
  while (!isShownBy(enough)) {
    few = enough
    enough *= 2
    if (enough > mostSamples) return Number.POSITIVE_INFINITY
  }
  while (enough / few > 1.01) {
    const middle = Math.sqrt(few * enough)
    if (isShownBy(middle)) enough = middle
    else few = middle
  }
  return enough
}

interface Pair<Each> {
  readonly candidate: Each
  readonly stable?: Each
}

function isShown(
  { options, side, level }: Sought,
  choose: ChosenTest,
  { candidate, stable }: Pair<Sample>,
): boolean {
  const test = choose(candidate, stable)
  const enough = -Math.log(level)
  return test !== undefined && test.comparison[side](options.aim.margin, enough) > enough
}

function madeUp({ draws, candidate, compares }: Sought): Pair<MadeUp> {
  return {
    candidate: draws.revision(candidate),
    ...(compares && { stable: draws.revision(draws.stable) }),
  }
}

/** The candidate's part of the samples. A rule with a constant reads those of the candidate alone. */
function shareOf({ compares, options }: Sought): number {
  return compares ? (options.share ?? 0.5) : 1
}

/** Both revisions' samples when chance plays no part. */
function expected({ candidate, stable }: Pair<MadeUp>, share: number, samples: number): Pair<Sample> {
  return {
    candidate: candidate.expected(samples * share),
    ...(stable !== undefined && { stable: stable.expected(samples * (1 - share)) }),
  }
}

/** The number of samples at which one run shows it. The looks lie close together, each some more samples than the last. */
function shownAt(sought: Sought, choose: ChosenTest, typical: number, random: () => number): number {
  const share = shareOf(sought)
  const revisions = madeUp(sought)
  let pair = expected(revisions, share, 0)
  let samples = 0
  for (let next = Math.max(4, typical * earliest); next <= typical * 12; next *= growth) {
    const more = Math.ceil(next) - samples
    if (more <= 0) continue
    samples += more
    const given = sought.draws.divide(more, share, random)
    pair = {
      candidate: revisions.candidate.more(pair.candidate, given, random),
      ...(revisions.stable !== undefined &&
        pair.stable !== undefined && { stable: revisions.stable.more(pair.stable, more - given, random) }),
    }
    if (isEnough(revisions, pair) && isShown(sought, choose, pair)) return samples
  }
  return Number.POSITIVE_INFINITY
}

function isEnough(revisions: Pair<MadeUp>, { candidate, stable }: Pair<Sample>): boolean {
  return (
    revisions.candidate.isEnough(candidate) &&
    (stable === undefined || revisions.stable?.isEnough(stable) === true)
  )
}
