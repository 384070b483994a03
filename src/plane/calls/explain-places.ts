import type {
  DeploymentStatus,
  Placement,
  RequestedChange,
  RevisionStatus,
} from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { targetsOf } from '../../rollout/machine/commands/give-up.ts'

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
  const { coming, leaving = [], givenUp = [] } = status
  const isGivenUp = (target: string): boolean => givenUp.some((each) => each.target === target)
  return [
    ...(coming === undefined ? [] : [placement(coming, 'coming')]),
    ...leaving.map((each) => placement(each, isGivenUp(each.target) ? 'given-up' : 'leaving')),
  ]
}

function placement(
  { target, sinceMs, revisions }: Placement,
  role: ExplainedPlacement['role'],
): ExplainedPlacement {
  return {
    target,
    role,
    sinceMs,
    revisions: revisions.map(({ revision, state }) => ({ revision: revision.name, state })),
  }
}

/** The changes that failed at any target, those at the serving target first. */
export function explainFailures(
  status: DeploymentStatus,
  { target: declared }: Pick<ModelDeploymentSpec, 'target'>,
): readonly ExplainedFailure[] {
  const { target = declared.name, requested, coming, leaving = [] } = status
  const places = [{ target, requested }, ...(coming === undefined ? [] : [coming]), ...leaving]
  return places.flatMap((place) => place.requested.flatMap((each) => failureOf(place.target, each)))
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
export function describeFailures(failures: readonly ExplainedFailure[]): string {
  return failures
    .map(
      ({ target, change, times, reason }) =>
        `${change} at target ${target} failed ${times === 1 ? 'once' : `${times} times`} and is tried again: ${reason}`,
    )
    .join('; ')
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
  const serving = status.target ?? declared.name
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
