import type {
  DeploymentStatus,
  Placement,
  RequestedChange,
  RevisionStatus,
} from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { targetsOf } from '../../rollout/machine/commands/give-up.ts'
import { comingPlacement, leavingPlacements, servingPlacement } from '../../rollout/machine/placement.ts'

/** What a deployment has at a target other than the one that serves. It gets no traffic there. */
export interface ExplainedPlacement {
  readonly target: string
  /**
   * - `coming`: the deployment moves there.
   * - `leaving`: the loop removes what is there.
   * - `given-up`: a named actor left what is there.
   */
  readonly role: 'coming' | 'leaving' | 'given-up'
  readonly sinceMs: number
  readonly revisions: readonly { readonly revision: string; readonly state: RevisionStatus['state'] }[]
}

/** A change that the target accepted and then failed. It is asked again. */
export interface ExplainedFailure {
  readonly target: string
  /** In words, such as `creating revision 1f0c…`. */
  readonly change: string
  readonly times: number
  readonly reason: string
  readonly nextTryMs: number
}

export function explainPlacements(status: DeploymentStatus): readonly ExplainedPlacement[] {
  const { placements, givenUp = [] } = status
  const isGivenUp = (target: string): boolean => givenUp.some((each) => each.target === target)
  return placements.flatMap(({ target, role, sinceMs, revisions }): readonly ExplainedPlacement[] => {
    if (role === 'serving') return []
    return [
      {
        target,
        role: role === 'leaving' && isGivenUp(target) ? 'given-up' : role,
        sinceMs,
        revisions: revisions.map(({ revision, state }) => ({ revision, state })),
      },
    ]
  })
}

/** A change that waits because its target works on an earlier one. It is asked again as the same operation. */
export interface ExplainedBusy {
  readonly target: string
  /** In words, such as `creating revision 1f0c…`. */
  readonly change: string
  /** When the target first answered that it is busy. */
  readonly sinceMs: number
  /** How often it answered so. */
  readonly times: number
  readonly nextTryMs: number
}

/** The changes that failed at any target, those at the serving target first. */
export function explainFailures(status: DeploymentStatus): readonly ExplainedFailure[] {
  return placesInOrder(status).flatMap(({ target, requested }) =>
    requested.flatMap((each) => failureOf(target, each)),
  )
}

/** The target that serves first, then the one that the deployment comes to. */
function placesInOrder(status: DeploymentStatus): readonly Placement[] {
  const [serving, coming] = [servingPlacement(status), comingPlacement(status)]
  return [...[serving, coming].filter((each) => each !== undefined), ...leavingPlacements(status)]
}

function failureOf(
  target: string,
  { change, failed, notBeforeMs: nextTryMs = 0 }: RequestedChange,
): readonly ExplainedFailure[] {
  if (failed === undefined) return []
  const { times, reason } = failed
  return [{ target, change: describeChange(change), times, reason, nextTryMs }]
}

function describeChange(change: string): string {
  const [kind, what] = change.split(':')
  switch (kind) {
    case 'create':
      return `creating revision ${what}`
    case 'retire':
      return `removing revision ${what}`
    case 'shift':
      return `shifting traffic to ${what?.replaceAll('=', ' ').replaceAll(',', ' %, ')} %`
    case 'scale':
      return `scaling to ${what}`
    case 'destroy':
      return 'removing everything'
    default:
      return change
  }
}

/** The failures in words. */
export function describeFailures(failures: readonly ExplainedFailure[]): readonly string[] {
  return failures.map(
    ({ target, change, times, reason }) =>
      `${change} at target ${target} failed ${times === 1 ? 'once' : `${times} times`} and is tried again: ${reason}`,
  )
}

/** The changes that busy targets have not taken, those at the serving target first. */
export function explainBusy(status: DeploymentStatus): readonly ExplainedBusy[] {
  return placesInOrder(status).flatMap(({ target, requested }) =>
    requested.flatMap(({ change, busy, notBeforeMs: nextTryMs = 0 }) =>
      busy === undefined ? [] : [{ target, change: describeChange(change), ...busy, nextTryMs }],
    ),
  )
}

/** What is busy, in words. What a target is slow to remove after a move holds nothing up. */
export function describeBusy(status: DeploymentStatus, busy: readonly ExplainedBusy[]): readonly string[] {
  const left = leavingPlacements(status)
  return busy
    .filter((each) => !left.some(({ target }) => target === each.target))
    .map(({ target, change }) => `target ${target} is busy, so ${change} waits`)
}

/**
 * The wait for targets that the plane does not have. A deletion needs all targets of the deployment; otherwise
 * only the one that serves is needed.
 */
export function describeGoneTargets(
  status: DeploymentStatus,
  { target: declared }: Pick<ModelDeploymentSpec, 'target'>,
  { deleted, targets }: { readonly deleted: boolean; readonly targets: readonly string[] },
): string | undefined {
  const serving = servingPlacement(status)?.target ?? declared.name
  const needed = deleted ? new Set([serving, ...targetsOf(status)]) : [serving]
  const gone = [...needed].filter(
    (target) => !targets.includes(target) && !(status.givenUp ?? []).some((given) => given.target === target),
  )
  if (gone.length === 0) return undefined
  const names = gone.map((target) => `"${target}"`).join(', ')
  const what = gone.length === 1 ? `target ${names}, which` : `the targets ${names}, which`
  const again = gone.length === 1 ? 'the target' : 'the targets'
  return `${what} this plane does not have: give the plane ${again} again, or delete with force to give up what is there`
}
