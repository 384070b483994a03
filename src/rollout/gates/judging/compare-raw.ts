import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import { betterOf } from '../gate-aim.ts'
import { describeNumbers, describePlain, type Numbers } from '../gate-words.ts'
import type { Judged } from './judged.ts'

/** Rounding must not turn an exact tie into a failure. */
const tie = 1e-9

/** Compares the numbers as they stand. Nothing is tested. */
export function compareRaw(gate: AnalysisGate, numbers: Numbers): Judged {
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
  return {
    method: 'plain',
    verdict: margin >= -tie ? 'pass' : 'fail',
    conclusive: false,
    message: `${describeNumbers(gate, numbers)}; ${describePlain(gate)}`,
  }
}
