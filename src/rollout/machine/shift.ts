import type { DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import { complete, enterStep } from './enter-step.ts'
import type { RolloutEvent } from './machine-types.ts'
import { policyDetails, withoutPermit } from './permit.ts'
import { beginRollback } from './rollback.ts'
import { isReady, revisionStatus, shareOf, splitBetween } from './status-edits.ts'
import { type Context, type Move, stay } from './transition.ts'
import { splitIsObserved } from './want.ts'

type Shifting = Extract<Rollout, { phase: 'shifting' }>

/** Gives the candidate, which is ready, its share. */
export function shift(context: Context, status: DeploymentStatus, rollout: Shifting): Move {
  const { revision, percent, step } = rollout
  const current = shareOf(status.split, revision)
  if (current === percent) {
    if (splitIsObserved(context, status)) return enterStep(context, status, revision, step + 1)
    return waitUntilDeadline(context, status, rollout, 'the target does not show the split')
  }
  const split = splitBetween(revision, status.stable, percent)
  // Only a later, smaller weight would give traffic back to a stable revision; it must be ready to take it.
  const raisesStable = shareOf(split, status.stable) > shareOf(status.split, status.stable)
  if (raisesStable && status.stable !== revision && !isReady(status, status.stable)) {
    return waitUntilDeadline(
      context,
      status,
      rollout,
      'the stable revision is not ready to take traffic back',
    )
  }
  const known = revisionStatus(status, revision)
  if (known !== undefined && percent > current) {
    const blocked = withoutPermit(context, status, known.revision, percent, step)
    if (blocked !== undefined) return blocked
  }
  const changed = { ...status, split }
  const policed = percent > current ? policyDetails(context.analysis.permit) : {}
  const event: RolloutEvent = {
    action: 'split-changed',
    details: { split, previous: status.split, ...policed },
  }
  // The first revision is stable with its first request: there is no other that the traffic could return to.
  const move =
    status.stable === undefined ? complete(context, changed, revision) : stay(changed, context, context.now)
  return { ...move, events: [event, ...move.events] }
}

function waitUntilDeadline(
  context: Context,
  status: DeploymentStatus,
  rollout: Shifting,
  message: string,
): Move {
  const deadline = rollout.sinceMs + durationMs(context.declared.spec.deadline)
  if (context.now < deadline) return stay(status, context, deadline)
  return beginRollback(context, status, rollout.revision, { cause: 'ProgressDeadlineExceeded', message })
}
