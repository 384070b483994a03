import type { MetricReading } from '../../telemetry/contract.ts'
import { chooseTest, type TestOptions } from './choose-test.ts'
import type { Sample } from './evidence/sample.ts'
import { type Levels, testVerdict } from './test-verdict.ts'

/** So small a part of the samples may have been retried without spoiling what is shown by the others. */
const tolerated = 0.01

/** The samples of requests that another revision had failed before: one more number beside each sample. */
export interface Retried {
  readonly candidate: number
  readonly stable: number
}

export function retriedOf(candidate: MetricReading, stable: MetricReading | undefined): Retried {
  return { candidate: retriedIn(candidate), stable: stable === undefined ? 0 : retriedIn(stable) }
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
  options: TestOptions,
  levels: Levels,
): 'holds' | 'doubtful' | 'spoiled' {
  // Only what speaks for the verdict is in doubt: bad samples of the worse side.
  const inDoubt = shown === 'fail' ? retried.candidate : retried.stable
  const side = shown === 'fail' ? candidate : stable
  if (inDoubt === 0 || side === undefined) return 'holds'
  if (side.kind === 'proportion') {
    const bad = Math.min(side.bad, inDoubt)
    const best = { ...side, bad: side.bad - bad, total: side.total - bad }
    const test = shown === 'fail' ? chooseTest(best, stable, options) : chooseTest(candidate, best, options)
    if (test !== undefined && testVerdict(test.comparison, options.aim.margin, levels) === shown)
      return 'holds'
  }
  return inDoubt > tolerated * sizeOf(side) ? 'spoiled' : side.kind === 'proportion' ? 'doubtful' : 'holds'
}

function sizeOf(sample: Sample): number {
  switch (sample.kind) {
    case 'proportion':
      return sample.total
    case 'moments':
      return sample.count
    case 'cells':
      return sample.counts.reduce((sum, count) => sum + count, 0)
    case 'events':
      return sample.events
  }
}
