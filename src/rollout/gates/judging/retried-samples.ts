import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import type { Sample } from '../evidence/sample.ts'
import { isShown } from '../test-verdict.ts'
import type { JudgedSamples } from './judge-samples.ts'
import { samplesWithout } from './samples-without.ts'

/** So small a part of the samples may have been retried without spoiling what is shown by the others. */
const tolerated = 0.01

/** The samples of requests that another revision had failed before: one more number beside each sample. */
export interface Retried {
  readonly candidate: number
  readonly stable: number
  /** The larger one of their parts of a revision's samples. */
  readonly part: number
}

export function retriedOf(ours: MetricReading, theirs: MetricReading | undefined): Retried {
  const candidate = retriedIn(ours)
  const stable = theirs === undefined ? 0 : retriedIn(theirs)
  const parts = [
    candidate / (readingSamples(ours) ?? 0),
    theirs === undefined ? 0 : stable / (readingSamples(theirs) ?? 0),
  ]
  return { candidate, stable, part: Math.max(...parts) }
}

function retriedIn(reading: MetricReading): number {
  return reading.kind === 'no-data' ? 0 : (reading.retried ?? 0)
}

/**
 * Whether what is shown also holds without the samples of retried requests, which are no chance selection: their requests
 * failed once already.
 * - `holds`: it does, whatever those samples were.
 * - `doubtful`: not yet, and more samples will show.
 * - `spoiled`: too many samples are of retried requests.
 */
export function withoutRetried(
  shown: 'pass' | 'fail',
  candidate: Sample,
  stable: Sample | undefined,
  retried: Retried,
  { choose, margin, levels }: JudgedSamples,
): 'holds' | 'doubtful' | 'spoiled' {
  if (retried.candidate === 0 && retried.stable === 0) return 'holds'
  // What speaks for a failure: bad samples of the candidate, and good ones of the stable revision.
  const [ours, theirs] = shown === 'fail' ? (['worst', 'best'] as const) : (['best', 'worst'] as const)
  const test = choose(
    samplesWithout(candidate, retried.candidate, ours),
    stable && samplesWithout(stable, retried.stable, theirs),
  )
  if (test !== undefined && isShown(shown, test.comparison, margin, levels)) return 'holds'
  return retried.part > tolerated ? 'spoiled' : 'doubtful'
}
