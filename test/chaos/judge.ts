import { core, type Fleet, type PartName, type Placed, uses } from './fleet.ts'
import type { Line, Outcome } from './play.ts'

/** What the table shows of one line. */
export interface Judged extends Line {
  /** The time of the deployments that do not use the part, against the same deployments undisturbed. */
  readonly ratios: Spread | undefined
  readonly namedAfterMs: number
  readonly convergedAfterMs: number
  /** Empty when all is well. */
  readonly faults: readonly string[]
}

export interface Spread {
  readonly median: number
  readonly p95: number
  readonly max: number
}

const mostRatio = 1.2
const mostNamedMs = 30_000
/** For the parts that all deployments use. */
const mostConvergedMs = 60_000
/** For the deployments of one vendor: the plane may wait up to a minute before it asks the vendor again. */
const mostRecoveredMs = 120_000

export function judge(line: Line, outcome: Outcome, calm: Outcome, placed: Fleet['placed']): Judged {
  const { part, mode } = line
  const faults: string[] = []
  const ofCore = core.some((each) => each === part)
  const ratios = ofCore ? undefined : ratiosOf(outcome, calm, placed, part)
  const worst = Math.max(...Object.values(ratios ?? {}))
  if (Number.isNaN(worst) || worst > mostRatio) {
    faults.push(Number.isFinite(worst) ? `the others took ${worst.toFixed(2)}×` : 'others never converged')
  }
  // A slow part that answers within the deadline works.
  if (mode !== 'is slow' && outcome.namedAfterMs > mostNamedMs) {
    faults.push(`health() did not name ${part} within ${mostNamedMs / 1000} s`)
  }
  if (outcome.convergedAfterMs > (ofCore ? mostConvergedMs : mostRecoveredMs)) {
    const late = [...outcome.tookMs].filter(([, tookMs]) => !Number.isFinite(tookMs)).length
    faults.push(
      late > 0
        ? `${late} never converged`
        : `the last converged ${Math.round(outcome.convergedAfterMs / 1000)} s after it was lifted`,
    )
  }
  const [unfenced] = outcome.unfenced
  if (unfenced !== undefined) {
    faults.push(
      `${outcome.unfenced.length} unfenced effects, the first: ${unfenced.kind} of ${unfenced.key} under ${unfenced.fence} while ${unfenced.inForce ?? 'no fence'} was in force`,
    )
  }
  const { verdict, misrecorded } = outcome
  if (!verdict.ok) faults.push(`the audit log is broken at ${verdict.sequence}: ${verdict.reason}`)
  if (misrecorded.length > 0)
    faults.push(`${misrecorded.length} changes without one record: ${misrecorded[0]}`)
  const { namedAfterMs, convergedAfterMs } = outcome
  return { ...line, ratios, namedAfterMs, convergedAfterMs, faults }
}

function ratiosOf(outcome: Outcome, calm: Outcome, placed: readonly Placed[], part: PartName): Spread {
  const others = placed.filter((each) => !uses(each, part)).map(({ name }) => name)
  const [disturbed, undisturbed] = [spreadOf(outcome, others), spreadOf(calm, others)]
  return {
    median: disturbed.median / undisturbed.median,
    p95: disturbed.p95 / undisturbed.p95,
    max: disturbed.max / undisturbed.max,
  }
}

/** The times of some deployments, in milliseconds. */
export function spreadOf({ tookMs }: Outcome, names: readonly string[]): Spread {
  const sorted = names
    .map((name) => tookMs.get(name) ?? Number.POSITIVE_INFINITY)
    .sort((one, two) => one - two)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { median: at(0.5), p95: at(0.95), max: at(1) }
}
