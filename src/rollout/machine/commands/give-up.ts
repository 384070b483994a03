import type { DeploymentStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Actor } from '../../../resources/metadata.ts'
import type { RolloutEvent } from '../machine-types.ts'
import { placementAt } from '../placement.ts'

interface GivingUp {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
}

/** The targets at which something of the deployment is or may be. */
export function targetsOf({ placements }: DeploymentStatus): readonly string[] {
  return placements.map(({ target }) => target)
}

/**
 * Gives up what a target still holds, because the plane does not have the target any more. The loop then
 * waits for nothing there. The event tells what may remain at the vendor. Changes nothing when the target was
 * given up before.
 */
export function giveUp(status: DeploymentStatus, target: string, actor: Actor, now: number): GivingUp {
  const { givenUp = [] } = status
  if (givenUp.some((each) => each.target === target)) return { status, events: [] }
  return {
    status: { ...status, givenUp: [...givenUp, { target, actor, atMs: now }] },
    events: [{ action: 'target-given-up', details: { target, ...remainsAt(status, target) }, actor }],
  }
}

/** The revisions and handles that may remain at a target. */
function remainsAt(
  status: DeploymentStatus,
  target: string,
): { readonly revisions: readonly string[]; readonly handles: readonly string[] } {
  const at = placementAt(status, target)
  if (at === undefined) return { revisions: [], handles: [] }
  const revisions = [
    ...at.revisions.map(({ revision }) => revision),
    ...at.requested.flatMap(({ change }) => requestedRevision(change)),
    ...at.handles.flatMap((each) => each.revisions),
  ]
  return { revisions: [...new Set(revisions)], handles: at.handles.map(({ handle }) => handle) }
}

/** A change such as `create:1f0c…` names its revision behind the colon. */
function requestedRevision(change: string): readonly string[] {
  const [kind, name] = change.split(':')
  return (kind === 'create' || kind === 'retire') && name !== undefined ? [name] : []
}
