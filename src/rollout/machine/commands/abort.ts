import type { DeploymentStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Actor } from '../../../resources/metadata.ts'
import type { RolloutEvent } from '../machine-types.ts'
import { beginRollback } from '../moves/rollback.ts'
import { withoutComing } from '../placement.ts'
import { mayRise, splitOf, weightOf, withSplit } from '../status-edits.ts'

interface Aborted {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
}

/**
 * Turns a rollout back. Traffic returns to the stable revision in the same write, when the last look showed
 * that revision ready: the router obeys the stored split, so no loop and no target is needed for it.
 */
export function abortRollout(
  status: DeploymentStatus,
  asked: { readonly candidate: string; readonly message: string; readonly actor: Actor },
  now: number,
): Aborted {
  const { candidate, message, actor } = asked
  const here = withoutComing(status, now)
  const begun = beginRollback({ now }, here, candidate, { cause: 'Aborted', message, actor })
  const { stable } = begun.status
  const previous = splitOf(begun.status)
  if (stable === undefined || !mayRise(begun.status, stable) || weightOf(previous, stable) === 100)
    return begun
  const split = [{ revision: stable, weight: 100 }]
  return {
    status: withSplit(begun.status, split),
    events: [...begun.events, { action: 'split-changed', details: { split, previous }, actor }],
  }
}
