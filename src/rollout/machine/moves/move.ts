import type { DeploymentStatus, Placement } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { durationMs } from '../../../resources/duration.ts'
import { absorbInto, limitsOf } from '../absorb.ts'
import { settleComing, stopped } from '../effects/effect-outcome.ts'
import type { Look } from '../machine-types.ts'
import {
  comingPlacement,
  isElsewhere,
  isTargetGone,
  leave,
  newPlacement,
  placementAt,
  putPlacement,
  servingPlacement,
  targetOf,
  withoutComing,
  withoutEffect,
  withPlacement,
} from '../placement.ts'
import { holding, splitOf, withSplit } from '../status-edits.ts'
import { ask, type BlindContext, enter, stay, type Transition } from '../transition.ts'
import { policyDetails, withoutPermit } from './permit.ts'
import { beginRollback, type RollbackReason } from './rollback.ts'
import { failureOf } from './start-rollout.ts'
import { type StepDeadline, stepDeadline } from './step-deadline.ts'

/**
 * Whether the deployment is to move to the declared target now. A rollout that is under way at the old target
 * ends first, and nothing moves when no rollout would begin at the new one.
 */
export function mayMove({ declared }: BlindContext, status: DeploymentStatus): boolean {
  const { desired, hindered } = declared
  if (!isElsewhere(declared, status) || desired === undefined || hindered === true) return false
  const isComing = comingPlacement(status) !== undefined
  if (status.paused !== undefined && !isComing) return false
  if (status.aborted.some(({ revision }) => revision === desired.name)) return false
  const { rollout } = status
  const isGone = isTargetGone(declared, status)
  switch (rollout.phase) {
    case 'pending':
    case 'converged':
    case 'retiring':
    case 'failed':
    case 'retargeting':
      return true
    case 'blocked':
      return rollout.weight === 0 || isComing || isGone
    case 'deleting':
    case 'stopped':
      return false
    default:
      // A rollout under way ends at its own target first, unless nothing can be done there any more.
      return isGone
  }
}

/**
 * Another target was declared: the new one first, then the traffic, then the old one goes. Nothing is taken
 * from the old target before a permit was given, the new target has taken the revision and shows it ready.
 */
export function move(context: BlindContext, status: DeploymentStatus, desired: Revision): Transition {
  const { declared, now, analysis } = context
  const { name: target } = declared.spec.target
  const coming = comingPlacement(status)
  if (coming !== undefined && (coming.target !== target || !holds(coming, desired))) {
    return { status: withoutComing(status, now), events: [], requeueAfterMs: 0 }
  }
  // What an earlier move left at this target goes first, so that it is not taken for the new revision.
  if (placementAt(status, target)?.role === 'leaving') return stay(status, context)
  if (coming === undefined) return begin(context, status, desired)
  const { look } = analysis
  if (look?.target !== target) return ask(status, { kind: 'look', target })
  const { status: settled, events, lost } = settleComing(status, coming, look, now)
  if (lost !== undefined) {
    const why = `it is not known whether operation ${lost.operationId} created revision ${desired.name} at ${target}`
    return stopped(context, withoutComing(status, now), desired.name, why)
  }
  const { status: next, ...transition } = arrive(
    context,
    settled,
    comingPlacement(settled) ?? coming,
    look,
    desired,
  )
  return { ...transition, status: next, events: [...events, ...transition.events] }
}

/** Waits until the revision is ready at the new target, then gives it the traffic. */
function arrive(
  context: BlindContext,
  status: DeploymentStatus,
  coming: Placement,
  look: Look,
  desired: Revision,
): Transition {
  const { now } = context
  const seen = absorbLook(context, coming, look)
  const at = withPlacement(status, seen.target, () => seen)
  const [revision] = seen.revisions
  const deadline = deadlineOf(context, at, seen)
  if (revision?.state === 'failed') return turnBack(context, at, desired, failureOf(revision))
  if (deadline !== undefined && now >= deadline.atMs) return turnBack(context, at, desired, deadline)
  if (status.paused !== undefined || revision?.state !== 'ready' || revision.missing !== undefined) {
    return stay(at, context, deadline?.atMs)
  }
  const blocked = withoutPermit(context, at, desired, 100, 0)
  if (blocked !== undefined) return blocked
  return switchOver(context, at, seen, desired)
}

function begin(context: BlindContext, status: DeploymentStatus, desired: Revision): Transition {
  const { declared, now } = context
  const { name: target } = declared.spec.target
  const blocked = withoutPermit(context, status, desired, 0, 0)
  if (blocked !== undefined) return blocked
  const revisions = [{ revision: desired.name, state: 'requested', sinceMs: now }] as const
  return enter(
    putPlacement(holding(status, desired), { ...newPlacement(target, 'coming', now), revisions }),
    { phase: 'retargeting', target, revision: desired.name, sinceMs: now },
    {
      action: 'deployment-retargeted',
      details: {
        from: targetOf(declared, status),
        to: target,
        revision: desired.name,
        ...policyDetails(context.analysis.permit),
      },
      actor: declared.actor,
    },
  )
}

function holds({ revisions }: Placement, { name }: Revision): boolean {
  return revisions.some(({ revision }) => revision === name)
}

function absorbLook(
  { declared, now }: BlindContext,
  coming: Placement,
  { observed, capabilities }: Look,
): Placement {
  if (observed === undefined) return coming
  const revisions = absorbInto(coming.revisions, observed, now, limitsOf(declared.spec, capabilities))
  return revisions === coming.revisions ? coming : { ...coming, revisions }
}

function deadlineOf(
  context: BlindContext,
  status: DeploymentStatus,
  { sinceMs }: Placement,
): StepDeadline | undefined {
  const { rollout } = status
  const { deadline } = context.declared.spec
  if (rollout.phase === 'blocked') return stepDeadline(context, status)
  if (status.paused !== undefined) return undefined
  return {
    atMs: Math.max(sinceMs, rollout.sinceMs) + durationMs(deadline),
    cause: 'ProgressDeadlineExceeded',
    message: `the revision was not ready at the new target within ${deadline}`,
  }
}

/** Gives up the move. The old target serves as before. */
export function turnBack(
  context: Pick<BlindContext, 'now'>,
  status: DeploymentStatus,
  { name }: Pick<Revision, 'name'>,
  reason: RollbackReason,
): Transition {
  return beginRollback(context, withoutComing(status, context.now), name, reason)
}

/** All traffic goes to the new target. What is at the old one is removed from now on. */
function switchOver(
  context: BlindContext,
  status: DeploymentStatus,
  coming: Placement,
  desired: Revision,
): Transition {
  const { now, analysis } = context
  const { target } = coming
  const serving = servingPlacement(status)
  const split = [{ revision: desired.name, weight: 100 }]
  const previous = splitOf(status)
  const { stable } = status
  const left = serving === undefined ? status : leave(status, withoutEffect(serving), now)
  const arrived: Placement = { ...withoutEffect(coming), role: 'serving', sinceMs: now }
  const transition = enter(
    {
      ...withSplit(putPlacement(left, arrived), split),
      stable: desired.name,
      approvals: status.approvals.filter((approval) => approval.revision !== desired.name),
      last: {
        revision: desired.name,
        outcome: 'completed',
        message: `takes all traffic at ${target}`,
        endedMs: now,
      },
    },
    { phase: 'converged', revision: desired.name, sinceMs: now },
    {
      action: 'split-changed',
      details: { split, previous, target, ...policyDetails(analysis.permit) },
    },
    {
      action: 'rollout-completed',
      details: { revision: desired.name, target, ...(stable !== undefined && { previous: stable }) },
    },
  )
  return { ...transition, moved: true }
}
