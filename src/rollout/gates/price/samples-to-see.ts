import { nextTurn, seededRandom } from '../../../clock.ts'
import { type ChosenTest, type TestOptions, testFor } from '../choose-test.ts'
import type { Sample } from '../evidence/sample.ts'
import { drawBinomial, drawNormal } from './draw-binomial.ts'

/** What the true values are taken to be. Means have a deviation, which proportions do not need. */
export interface Truth {
  readonly candidate: number
  /** Absent for a rule with a constant. */
  readonly stable?: number
  /** Of single values, for a metric that is a mean. */
  readonly deviation?: number
}

export interface Sought {
  readonly truth: Truth
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
  let few = 1
  let enough = 2
  while (!isShown(sought, choose, expected(sought, enough))) {
    few = enough
    enough *= 2
    if (enough > mostSamples) return Number.POSITIVE_INFINITY
  }
  while (enough / few > 1.01) {
    const middle = Math.sqrt(few * enough)
    if (isShown(sought, choose, expected(sought, middle))) enough = middle
    else few = middle
  }
  return enough
}

interface Pair {
  readonly candidate: Sample
  readonly stable?: Sample
}

function isShown({ options, side, level }: Sought, choose: ChosenTest, { candidate, stable }: Pair): boolean {
  const test = choose(candidate, stable)
  const enough = -Math.log(level)
  return test !== undefined && test.comparison[side](options.aim.margin, enough) > enough
}

/** Both revisions' samples when chance plays no part. */
function expected({ truth, options }: Sought, samples: number): Pair {
  const { candidate, stable, deviation } = truth
  const share = stable === undefined ? 1 : (options.share ?? 0.5)
  return {
    candidate: sumsOf(samples * share, candidate, deviation),
    ...(stable !== undefined && { stable: sumsOf(samples * (1 - share), stable, deviation) }),
  }
}

function sumsOf(count: number, mean: number, deviation: number | undefined): Sample {
  if (deviation === undefined) return { kind: 'proportion', bad: count * mean, total: count }
  return {
    kind: 'moments',
    count,
    sum: count * mean,
    sumSquares: count * (mean * mean + deviation * deviation),
  }
}

/** The number of samples at which one run shows it. The looks lie close together, each some more samples than the last. */
function shownAt(sought: Sought, choose: ChosenTest, typical: number, random: () => number): number {
  const share = sought.truth.stable === undefined ? 1 : (sought.options.share ?? 0.5)
  let pair = expected(sought, 0)
  let samples = 0
  for (let next = Math.max(4, typical * earliest); next <= typical * 12; next *= growth) {
    const more = Math.ceil(next) - samples
    if (more <= 0) continue
    samples += more
    const given = share === 1 ? more : drawBinomial(more, share, random)
    pair = {
      candidate: drawn(pair.candidate, given, sought.truth.candidate, sought.truth.deviation, random),
      ...(pair.stable !== undefined && {
        stable: drawn(pair.stable, more - given, sought.truth.stable ?? 0, sought.truth.deviation, random),
      }),
    }
    if (
      hasSamples(pair.candidate) &&
      (pair.stable === undefined || hasSamples(pair.stable)) &&
      isShown(sought, choose, pair)
    ) {
      return samples
    }
  }
  return Number.POSITIVE_INFINITY
}

function hasSamples(sample: Sample): boolean {
  return sample.kind === 'proportion' ? sample.total > 0 : sample.kind === 'moments' && sample.count > 1
}

function drawn(
  sample: Sample,
  count: number,
  mean: number,
  deviation: number | undefined,
  random: () => number,
): Sample {
  if (sample.kind === 'proportion') {
    return { ...sample, bad: sample.bad + drawBinomial(count, mean, random), total: sample.total + count }
  }
  if (sample.kind !== 'moments' || count === 0) return sample
  const sum = count * mean + Math.sqrt(count) * (deviation ?? 0) * drawNormal(random)
  return {
    ...sample,
    count: sample.count + count,
    sum: sample.sum + sum,
    sumSquares: sample.sumSquares + 2 * mean * sum - count * mean * mean + count * (deviation ?? 0) ** 2,
  }
}
