import type {
  Difference,
  GateResult,
  GateWindow,
  Measured,
} from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { OpenEnd } from './judging/open-end.ts'
import { levelsOfWindow } from './window-part.ts'

/** What was measured of both revisions, in the metric's unit. */
export interface Numbers {
  readonly candidate: Measured
  readonly stable?: Measured
}

/** The numbers and the rule, such as `errors: requests.errors is 0.031 (1000 samples), wanted at most 0.02`. */
export function describeNumbers(
  { name, metric, pass }: AnalysisGate,
  { candidate, stable }: Numbers,
): string {
  const head = `${name}: ${metric} is ${formatNumber(candidate.value)}${counted(candidate)}`
  if ('atLeast' in pass) return `${head}, wanted at least ${formatNumber(pass.atLeast)}`
  if ('atMost' in pass) return `${head}, wanted at most ${formatNumber(pass.atMost)}`
  const beside = stable === undefined ? '' : `, stable has ${formatNumber(stable.value)}${counted(stable)}`
  return `${head}${beside}, wanted at most ${formatNumber(pass.by)} worse`
}

/** Why a gate is not tested. */
export function describePlain({ compare }: AnalysisGate): string {
  return compare === 'raw'
    ? 'the numbers are compared as they stand, as the gate asks'
    : 'the numbers are compared as they stand, because no test fits what their source gives'
}

/** What is shown, and where the true difference lies. */
export function describeShown(
  { pass }: AnalysisGate,
  verdict: 'pass' | 'fail' | 'undecided',
  { low, high }: Difference,
): string {
  const what = 'noWorseThan' in pass ? 'the true difference from stable' : 'the true distance from the bound'
  const range = `${what} ${describeRange(low, high)}`
  switch (verdict) {
    case 'pass':
      return `this shows that the rule is met: ${range}`
    case 'fail':
      return `this shows that the rule is broken: ${range}`
    case 'undecided':
      return `this shows neither that the rule is met nor that it is broken: ${range}`
  }
}

function describeRange(low: number | undefined, high: number | undefined): string {
  if (low !== undefined && high !== undefined) return `lies between ${signed(low)} and ${signed(high)}`
  if (low !== undefined) return `is at least ${signed(low)}; how large it is, these samples do not show`
  if (high !== undefined) return `is at most ${signed(high)}; how small it is, these samples do not show`
  return 'may still be anything'
}

/** Why what is shown does not count yet. */
export function describeDoubt(
  shown: 'pass' | 'fail',
  retried: { readonly candidate: number; readonly stable: number },
): string {
  const what = shown === 'pass' ? 'that the rule is met' : 'that it is broken'
  return `this shows ${what}, but not without the samples of requests that the other revision had failed before: ${retried.candidate} of the candidate and ${retried.stable} of the stable revision`
}

/** What would have to happen next where so few samples are in doubt. */
export const nextAfterDoubt = 'more samples show whether it holds without those of retried requests'

/** What is not known of a quantile, and what would do. */
export function describeOpenEnd(who: string, { side, bound }: OpenEnd): string {
  const ends = side === 'above' ? 'above all bounds of its histogram' : 'below all bounds of its histogram'
  const more = side === 'above' ? 'larger' : 'smaller'
  return `the quantile of ${who} lies ${ends}, the ${side === 'above' ? 'last' : 'first'} of which is ${formatNumber(bound)}, so nobody knows it: give the histogram ${more} bounds`
}

/** Why a gate needs more evidence than usually: nothing in the first window of its step. */
export function describeWindow({ number }: GateWindow): string {
  if (number === 1) return ''
  const part = formatNumber(100 * levelsOfWindow({ alpha: 1, beta: 1 }, number).alpha)
  return `; the step is measured anew (window ${number}), so this is another test, which has ${part} % of the gate's false alarms`
}

/** What would have to happen next. */
export function describeNext(
  verdict: GateResult['verdict'],
  missing: GateResult['missing'],
): string | undefined {
  if (verdict === 'pass')
    return 'the step goes on until its window ends, because a failure may still show; once it is extended, it ends when all its gates have passed'
  if (verdict === 'fail') return 'traffic returns to the stable revision'
  if (verdict !== 'undecided') return undefined
  if (missing === undefined) {
    return 'the numbers lie so close to the rule that no number of samples can be named'
  }
  const more = roundUp(missing.samples)
  const shown = missing.verdict === 'pass' ? 'that the rule is met' : 'that the rule is broken'
  return `if the numbers stay like this, some ${more} more samples of the candidate show ${shown}`
}

/** Two digits are enough for a number that chance decides. */
function roundUp(number: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, number))) - 1)
  return Math.ceil(number / unit) * unit
}

export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function signed(value: number): string {
  const text = String(Number(value.toPrecision(2)))
  return value > 0 ? `+${text}` : text
}

function counted({ samples }: Measured): string {
  return samples === undefined ? '' : ` (${samples} samples)`
}
