import type { DeploymentStatus, RevisionStatus } from '../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import { givenUpAtMs } from './effect-outcome.ts'
import { enterStep, standsInSteps } from './enter-step.ts'
import { policyDetails, withoutPermit } from './permit.ts'
import { beginRollback, type RollbackReason } from './rollback.ts'
import { revisionStatus } from './status-edits.ts'
import { type Context, enter, stay, type Transition } from './transition.ts'
import { waitUntilReady } from './wait-until-ready.ts'

/** Compares the desired revision with the stable one, and starts a rollout when they differ. */
export function startRollout(context: Context, status: DeploymentStatus): Transition {
  const { desired } = context.declared
  const { rollout, stable } = status
  if (desired === undefined) return waitForWanted(context, status)

  if (rollout.phase === 'blocked' && rollout.weight > 0) {
    if (desired.name !== rollout.revision)
      return beginRollback(context, status, rollout.revision, supersededBy(desired))
    const candidate = revisionStatus(status, rollout.revision)
    if (candidate?.state === 'failed')
      return beginRollback(context, status, rollout.revision, failureOf(candidate))
    if (status.paused !== undefined) return stay(status, context)
    if (candidate?.state !== 'ready') return waitUntilReady(context, status, rollout)
    if (!standsInSteps(status, context.steps)) return enterStep(context, status, desired.name, 0)
    return retryWeight(context, status, desired, rollout.weight, rollout.step)
  }
  if (desired.name === stable) {
    if (rollout.phase === 'converged') return stay(status, context, givenUpAtMs(context, status))
    // Other revisions that are left are removed like replaced revisions.
    const phase = status.revisions.length > 1 ? 'retiring' : 'converged'
    const { now } = context
    return enter(
      status,
      phase === 'retiring'
        ? { phase, revision: stable, sinceMs: now, untilMs: now }
        : { phase, revision: stable, sinceMs: now },
    )
  }
  const aborted = status.aborted.find(({ revision }) => revision === desired.name)
  if (aborted !== undefined) {
    if (rollout.phase === 'failed' && rollout.revision === desired.name) return stay(status, context)
    const { revision, cause, message } = aborted
    return enter(
      { ...status, revisions: onlyStable(status) },
      { phase: 'failed', revision, sinceMs: context.now, cause, message },
    )
  }
  return beginRollout(context, status, desired)
}

function beginRollout(context: Context, status: DeploymentStatus, desired: Revision): Transition {
  if (status.paused !== undefined) return waitForWanted(context, status)
  const kept = onlyStable(status)
  const cleared = kept.length === status.revisions.length ? status : { ...status, revisions: kept }
  if (hasLeftovers(context, status, desired)) {
    // The leftovers are removed first, so that a target with room for two revisions never has to hold three.
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
    revision: desired,
    state: 'requested',
    sinceMs: context.now,
  }
  return enter(
    { ...cleared, target: context.declared.spec.target.name, revisions: [...kept, candidate] },
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

function onlyStable({ revisions, stable }: DeploymentStatus): readonly RevisionStatus[] {
  return revisions.filter(({ revision }) => revision.name === stable)
}

/** Begins nothing. A status that still names an unwanted revision returns to pending. */
function waitForWanted(context: Context, status: DeploymentStatus): Transition {
  const { rollout } = status
  const isOutdated = rollout.phase === 'converged' || (rollout.phase === 'blocked' && rollout.weight === 0)
  return isOutdated ? enter(status, { phase: 'pending', sinceMs: context.now }) : stay(status, context)
}

/** Whether the target still shows revisions that are neither stable nor desired. */
function hasLeftovers({ observed }: Context, status: DeploymentStatus, desired: Revision): boolean {
  return observed.revisions.some(({ revision }) => revision !== status.stable && revision !== desired.name)
}

function retryWeight(
  context: Context,
  status: DeploymentStatus,
  desired: Revision,
  weight: number,
  step: number,
): Transition {
  const blocked = withoutPermit(context, status, desired, weight, step)
  if (blocked !== undefined) return blocked
  return enter(status, { phase: 'shifting', revision: desired.name, step, weight, sinceMs: context.now })
}

export function failureOf({ reason, message }: RevisionStatus): RollbackReason {
  return { cause: 'RevisionFailed', message: [reason ?? 'Failed', message].filter(Boolean).join(': ') }
}

export function supersededBy(desired: Revision): RollbackReason {
  return {
    cause: 'Superseded',
    message: `${desired.model.name}:${desired.model.version} (${desired.name}) is wanted now`,
  }
}
