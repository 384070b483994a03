import type { Difference, GateWindow } from '../../../resources/deployment/deployment-status.ts'
import { describeDoubt, describeWindow, nextAfterDoubt } from '../gate-words.ts'
import type { Judged } from './judged.ts'
import type { Retried } from './retried-samples.ts'

/** What was judged, as far as it is told. */
interface DoubtedNumbers {
  /** The words about the numbers and the rule. */
  readonly head: string
  readonly difference: Difference
  readonly window: GateWindow
}

/** What a gate says in place of a verdict that does not hold without the samples of retried requests. */
export function doubtByRetried(
  why: 'doubtful' | 'spoiled',
  shown: 'pass' | 'fail',
  retried: Retried,
  { head, difference, window }: DoubtedNumbers,
): Judged {
  if (why === 'spoiled') {
    const message = `${head}; but ${retried.candidate} samples of the candidate and ${retried.stable} of the stable revision are of requests that the other revision had failed before, and without them nothing is shown`
    return { verdict: 'error', conclusive: false, spoiled: 'retries', message }
  }
  const message = `${head}; ${describeDoubt(shown, retried)}${describeWindow(window)}`
  return { verdict: 'undecided', conclusive: false, difference, next: nextAfterDoubt, message }
}
