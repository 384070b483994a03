import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import { betterOf } from '../gate-aim.ts'
import { describeNumbers, describeOpenEnd, describePlain, type Numbers } from '../gate-words.ts'
import type { Judged } from './judged.ts'
import { openEndOf } from './open-end.ts'

/** Rounding must not turn an exact tie into a failure. */
const tie = 1e-9

/**
 * Compares the numbers as they stand. Nothing is tested. A quantile beyond the bounds of its histogram has no number, so that
 * a comparison that leans on it is an error.
 */
export function compareRaw(
  gate: AnalysisGate,
  numbers: Numbers,
  ours: MetricReading,
  theirs: MetricReading | undefined,
): Judged {
  const { pass } = gate
  const { value } = numbers.candidate
  const better = betterOf(gate)
  const rule =
    'noWorseThan' in pass
      ? (numbers.stable?.value ?? Number.NaN) + (better === 'lower' ? pass.by : -pass.by)
      : 'atLeast' in pass
        ? pass.atLeast
        : pass.atMost
  const margin = better === 'lower' ? rule - value : value - rule
  const verdict = margin >= -tie ? 'pass' : 'fail'
  const head = describeNumbers(gate, numbers)
  const worseUp = better === 'lower'
  const candidate = openEndOf(ours)
  if (candidate !== undefined && mayChange(verdict, (candidate.side === 'above') === worseUp)) {
    return { ...notKnown, message: `${head}; but ${describeOpenEnd('the candidate', candidate)}` }
  }
  const stable = theirs && openEndOf(theirs)
  if (stable !== undefined && mayChange(verdict, (stable.side === 'above') !== worseUp)) {
    return { ...notKnown, message: `${head}; but ${describeOpenEnd('the stable revision', stable)}` }
  }
  return { method: 'plain', verdict, conclusive: false, message: `${head}; ${describePlain(gate)}` }
}

const notKnown = { method: 'plain', verdict: 'error', conclusive: false } as const

/** Whether a number that may in truth speak more against the candidate, or else more for it, can change a verdict. */
function mayChange(verdict: 'pass' | 'fail', against: boolean): boolean {
  return against === (verdict === 'pass')
}
