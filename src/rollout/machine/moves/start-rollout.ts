import type { DeploymentStatus, RevisionStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { givenUpAtMs } from '../effects/effect-outcome.ts'
import { isElsewhere, servingPlacement } from '../placement.ts'
import { revisionStatus, servingRevisions, withServingRevisions } from '../status-edits.ts'
import { type Context, enter, routersKnowAtMs, stay, type Transition } from '../transition.ts'
import { adopt } from './adopt.ts'
import { beginRollout, waitForWanted } from './begin-rollout.ts'
import { enterStep, standsInSteps } from './enter-step.ts'
import { withoutPermit } from './permit.ts'
import { beginRollback, type RollbackReason } from './rollback.ts'
import { stepDeadline } from './step-deadline.ts'

/** Compares the desired revision with the stable one, and starts a rollout when they differ. */
export function startRollout(context: Context, status: DeploymentStatus): Transition {
  const { desired } = context.declared
  const { rollout, stable } = status
  const adopted = adopt(context, status)
  if (adopted !== undefined) return adopted
  if (desired === undefined) return waitForWanted(context, status)

  if (rollout.phase === 'blocked' && rollout.weight > 0) {
    if (desired.name !== rollout.revision)
      return beginRollback(context, status, rollout.revision, supersededBy(desired))
    if (status.paused !== undefined) return stay(status, context)
    const candidate = revisionStatus(status, rollout.revision)
    if (candidate?.state !== 'ready') return stay(status, context, stepDeadline(context, status)?.atMs)
    if (!standsInSteps(status, context.steps)) return enterStep(context, status, desired.name, 0)
    return retryWeight(context, status, desired, rollout.weight, rollout.step)
  }
  const isAborted = status.aborted.some(({ revision }) => revision === desired.name)
  if (desired.name === stable && !(isAborted && isElsewhere(context.declared, status))) {
    if (rollout.phase === 'converged')
      return stay(status, context, givenUpAtMs(context, stable, servingPlacement(status)))
    // Other revisions that are left are removed like replaced revisions.
    const phase = servingRevisions(status).length > 1 ? 'retiring' : 'converged'
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
    const atMs = routersKnowAtMs(context, status)
    if (context.now < atMs) return stay(status, context, atMs)
    const { revision, cause, message } = aborted
    return enter(withServingRevisions(status, onlyStable(status)), {
      phase: 'failed',
      revision,
      sinceMs: context.now,
      cause,
      message,
    })
  }
  return beginRollout(context, status, desired)
}

function onlyStable(status: DeploymentStatus): readonly RevisionStatus[] {
  return servingRevisions(status).filter(({ revision }) => revision === status.stable)
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
