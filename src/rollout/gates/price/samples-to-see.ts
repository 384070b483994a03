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

/** More samples than any route has. */
const mostSamples = 1e9

/**
 * How many samples of both revisions together it takes until the test has shown what is sought in `power` of all cases. It is
 * found by trying: seeded runs of the test itself, which take some 0.1 s of CPU, and 0.2 s for quantiles. In between, other
 * work of the process goes on. For events it is how many seconds it takes. Infinity when no number is enough.
 */
export async function samplesToSee(sought: Sought, runs: number = sought.draws.pace.runs): Promise<number> {
  const choose = testFor(sought.options)
  const typical = typicalSamples(sought, choose)
  if (!Number.isFinite(typical)) return Number.POSITIVE_INFINITY
  const { earliest, growth, scouts, phases, runsInTurn } = sought.draws.pace
  const trial: Trial = { sought, revisions: madeUp(sought), choose, most: 12 * typical }
  const ends: number[] = []
  let begin = typical * earliest
  for (let run = 0; run < runs; run += 1) {
    if (run % runsInTurn === 0) await nextTurn()
    // Whether a run shows it sooner still does not matter, if it shows it then as well.
    if (run === scouts) begin = endAt(ends, sought.power / 3)
    const first = begin * growth ** ((run % phases) / phases)
    ends.push(shownAt(trial, first, seededRandom(7919 * (run + 1))))
  }
  return endAt(ends, sought.power)
}

/** The number of samples within which this part of the runs show it. */
function endAt(ends: readonly number[], part: number): number {
  const sorted = [...ends].sort((one, other) => one - other)
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.POSITIVE_INFINITY
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

interface Trial {
  readonly sought: Sought
  readonly revisions: Pair<MadeUp>
  readonly choose: ChosenTest
  /** A run with so many samples ends without an answer. */
  readonly most: number
}

/** The number of samples at which one run shows it. The looks lie close together, each some more samples than the last. */
function shownAt({ sought, revisions, choose, most }: Trial, first: number, random: () => number): number {
  const { draws } = sought
  const share = shareOf(sought)
  let pair = expected(revisions, share, 0)
  let samples = 0
  for (let next = Math.max(4, first); next <= most; next *= draws.pace.growth) {
    const more = Math.ceil(next) - samples
    if (more <= 0) continue
    samples += more
    const given = draws.divide(more, share, random)
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
