import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { Declared } from './machine-types.ts'
import { initialStatus } from './status-edits.ts'
import { type Context, enter, stay, type Transition } from './transition.ts'

/** Removes everything from the target, because a named actor asked for it. */
export function decideDeletion(context: Context, status: DeploymentStatus): Transition {
  const { declared, observed, now } = context
  if (status.rollout.phase !== 'deleting') {
    return enter({ ...status, split: [], revisions: [] }, { phase: 'deleting', sinceMs: now })
  }
  if (observed.revisions.length > 0) return stay(status, context)
  return {
    status,
    events: [
      {
        action: 'deployment-removed',
        details: {},
        ...(declared.deletion !== undefined && { actor: declared.deletion.actor }),
      },
    ],
    requeueAfterMs: null,
    finished: true,
  }
}

/** Whether the declared target is not the target that holds the revisions. */
export function isElsewhere({ spec }: Declared, { target }: DeploymentStatus): boolean {
  return target !== undefined && target !== spec.target.name
}

/**
 * Whether the move to the other target may begin. It may not when no rollout would begin there, so that the
 * old target keeps its revisions.
 */
export function mayRetarget({ declared }: Context, { paused, aborted }: DeploymentStatus): boolean {
  const { desired } = declared
  if (desired === undefined || paused !== undefined) return false
  return !aborted.some(({ revision }) => revision === desired.name)
}

/**
 * Another target was declared. Removes everything from the old target; a rollout at the new target follows.
 */
export function decideRetargeting(context: Context, status: DeploymentStatus): Transition {
  const { declared, observed, now } = context
  const from = status.target ?? declared.spec.target.name
  if (status.rollout.phase !== 'retargeting') {
    return enter(
      { ...status, split: [], revisions: [] },
      { phase: 'retargeting', target: from, revision: declared.desired?.name ?? '', sinceMs: now },
      {
        action: 'deployment-retargeted',
        details: { from, to: declared.spec.target.name },
        actor: declared.actor,
      },
    )
  }
  if (observed.revisions.length > 0) return stay(status, context)
  const { aborted, approvals, paused, conditions, last, resolvedFrom } = status
  return {
    status: {
      ...initialStatus(now),
      conditions,
      aborted,
      approvals,
      ...(paused !== undefined && { paused }),
      ...(last !== undefined && { last }),
      ...(resolvedFrom !== undefined && { resolvedFrom }),
    },
    events: [],
    requeueAfterMs: 0,
  }
}
