import type { DeploymentStatus } from '../../../resources/deployment/deployment-status.ts'
import { lostCreate } from '../effects/effect-outcome.ts'
import type { Declared } from '../machine-types.ts'
import { isGivenUp, isTargetGone, leavingPlacements, targetOf, withoutComing } from '../placement.ts'
import { withServingRevisions } from '../status-edits.ts'
import { type Context, enter, stay, type Transition } from '../transition.ts'

/**
 * Removes everything from all targets, because a named actor asked for it. It is done when the target has
 * answered that nothing is left and shows nothing. What a list does not show yet is removed, too.
 */
export function decideDeletion(
  context: Context,
  before: DeploymentStatus,
  status: DeploymentStatus,
): Transition {
  const { declared, observed, now } = context
  const { rollout } = status
  // A route was declared at the same moment. What a route refers to is not removed.
  if (declared.usedBy !== undefined) return stay(status, context)
  if (rollout.phase !== 'deleting') {
    const mayRemain = unknownOutcomes(context, before)
    return enter(
      { ...withServingRevisions(withoutComing(status, now), []), traffic: [] },
      { phase: 'deleting', sinceMs: now, ...(mayRemain.length > 0 && { mayRemain }) },
    )
  }
  const target = targetOf(declared, status)
  const givenUp = isGivenUp(declared, status, target)
  const isEmpty = givenUp || (rollout.emptied === true && observed.revisions.length === 0)
  if (!isEmpty || leavingPlacements(status).length > 0) return stay(status, context)
  return {
    status,
    events: [
      {
        action: 'deployment-removed',
        details: {
          ...(rollout.mayRemain !== undefined && { mayRemain: rollout.mayRemain }),
          ...(status.givenUp !== undefined && { givenUp: status.givenUp.map((each) => each.target) }),
        },
        ...(declared.deletion !== undefined && { actor: declared.deletion.actor }),
      },
    ],
    requeueAfterMs: null,
    finished: true,
  }
}

/** Revisions that may exist at the vendor although nobody can find them. */
function unknownOutcomes(context: Context, status: DeploymentStatus): readonly string[] {
  if (status.rollout.phase === 'stopped') return [status.rollout.revision]
  if (context.declared.capabilities.names !== 'random') return []
  const lost = lostCreate(context, status)?.revision
  return lost === undefined ? [] : [lost]
}

/** Why a deletion does not go on; undefined when nothing hinders it. */
export function hindersDeletion(declared: Declared, status: DeploymentStatus): string | undefined {
  if (declared.deletion === undefined) return undefined
  if (declared.usedBy !== undefined) return `route ${declared.usedBy} still refers to it`
  const target = targetOf(declared, status)
  if (isTargetGone(declared, status) && !isGivenUp(declared, status, target)) {
    return `the plane has no target "${target}"; delete with force gives up what is there`
  }
  return undefined
}
