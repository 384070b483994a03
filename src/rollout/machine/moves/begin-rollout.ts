import type { DeploymentStatus, RevisionStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { durationMs } from '../../../resources/duration.ts'
import { newPlacement, putPlacement, servingPlacement } from '../placement.ts'
import {
  holding,
  revisionStatus,
  servingRevisions,
  splitOf,
  weightOf,
  withServingRevisions,
} from '../status-edits.ts'
import { type Context, enter, stay, type Transition } from '../transition.ts'
import { policyDetails, withoutPermit } from './permit.ts'

/** Begins the rollout of a revision, when a policy permits it and the target has room for it. */
export function beginRollout(context: Context, status: DeploymentStatus, desired: Revision): Transition {
  if (status.paused !== undefined) return waitForWanted(context, status)
  const room = hasRoom(context, status, desired)
  const mayDrop = !room && isDead(context, status)
  const revisions = servingRevisions(status)
  const split = splitOf(status)
  const kept = revisions.filter(
    ({ revision }) => revision === status.stable || (!mayDrop && weightOf(split, revision) > 0),
  )
  const cleared = kept.length === revisions.length ? status : withServingRevisions(status, kept)
  if (!room || isPassed(context, kept, desired)) {
    // What is left over is removed first, so that a target never has to hold more than it can.
    return {
      status:
        cleared.rollout.phase === 'pending'
          ? cleared
          : { ...cleared, rollout: { phase: 'pending', sinceMs: context.now } },
      events: [],
      requeueAfterMs: null,
    }
  }
  const blocked = withoutPermit(context, cleared, desired, 0, 0)
  if (blocked !== undefined) return blocked
  const candidate: RevisionStatus = revisionStatus(status, desired.name) ?? {
    revision: desired.name,
    state: 'requested',
    sinceMs: context.now,
  }
  const others = kept.filter(({ revision }) => revision !== desired.name)
  const target = context.declared.spec.target.name
  const at = servingPlacement(cleared) ?? newPlacement(target, 'serving', context.now)
  return enter(
    putPlacement(holding(cleared, desired), { ...at, revisions: [...others, candidate] }),
    { phase: 'starting', revision: desired.name, sinceMs: context.now },
    {
      action: 'rollout-started',
      details: {
        revision: desired.name,
        model: `${desired.model.registry}/${desired.model.name}:${desired.model.version}`,
        ...(status.stable !== undefined && { stable: status.stable }),
        ...policyDetails(context.analysis.permit),
      },
    },
  )
}

/**
 * Whether the target shows the revision, but would give it no traffic, because newer ones came after it. It is
 * removed first, and then created as the newest. `kept` is what stays meanwhile.
 */
function isPassed(
  { declared, observed }: Context,
  kept: readonly RevisionStatus[],
  { name }: Revision,
): boolean {
  const { split, traffic } = declared.capabilities
  if (split === 'none' || traffic !== 'latest-and-previous') return false
  const isShown = observed.revisions.some(({ revision }) => revision === name)
  return isShown && kept.length > 0 && kept.every(({ revision }) => revision !== name)
}

/**
 * Whether the stable revision is surely dead. Only then its cure may take the room of a revision with traffic:
 * a stable revision that is not shown once, or not ready for a moment, takes its traffic back soon.
 */
function isDead({ declared, now }: Context, status: DeploymentStatus): boolean {
  const stable = revisionStatus(status, status.stable)
  if (stable === undefined || stable.state === 'ready') return false
  return stable.state === 'failed' || now - stable.sinceMs >= durationMs(declared.spec.deadline)
}

/** Begins nothing. A status that still names an unwanted revision returns to pending. */
export function waitForWanted(context: Context, status: DeploymentStatus): Transition {
  const { rollout } = status
  const isOutdated = rollout.phase === 'converged' || (rollout.phase === 'blocked' && rollout.weight === 0)
  return isOutdated ? enter(status, { phase: 'pending', sinceMs: context.now }) : stay(status, context)
}

/** Whether the target can hold one more revision beside all that it shows and all that it shall keep. */
export function hasRoom(
  { observed, declared }: Context,
  status: DeploymentStatus,
  desired: Revision,
): boolean {
  const names = new Set(observed.revisions.map(({ revision }) => revision))
  const split = splitOf(status)
  for (const { revision } of servingRevisions(status)) {
    if (revision === status.stable || weightOf(split, revision) > 0) names.add(revision)
  }
  return names.add(desired.name).size <= declared.capabilities.maxRevisions
}
