import type { DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import { analyze } from './analyze.ts'
import { complete, enterStep, standsInSteps } from './enter-step.ts'
import type { RolloutEvent } from './machine-types.ts'
import { policyDetails, withoutPermit } from './permit.ts'
import { beginRollback } from './rollback.ts'
import { failureOf, supersededBy } from './start-rollout.ts'
import { isReady, revisionStatus, splitBetween, weightOf } from './status-edits.ts'
import { type Context, enter, stay, type Transition } from './transition.ts'
import { waitUntilReady } from './wait-until-ready.ts'
import { splitIsObserved } from './want.ts'

type Advancing = Extract<Rollout, { phase: 'starting' | 'shifting' | 'pausing' | 'analyzing' | 'holding' }>

/** One move of a rollout that is under way: forward, to a hold, or back. */
export function advanceRollout(context: Context, status: DeploymentStatus, rollout: Advancing): Transition {
  const { declared, now } = context
  if (declared.desired !== undefined && declared.desired.name !== rollout.revision) {
    return beginRollback(context, status, rollout.revision, supersededBy(declared.desired))
  }
  const candidate = revisionStatus(status, rollout.revision)
  if (candidate?.state === 'failed') {
    return beginRollback(context, status, rollout.revision, failureOf(candidate))
  }
  if (status.paused !== undefined) return stay(status, context)
  if (candidate?.state !== 'ready') return waitUntilReady(context, status, rollout)
  if (rollout.phase !== 'starting' && !standsInSteps(status, context.steps)) {
    // The rollout counted its place in another list of steps. Going on from that place could skip a gate.
    return enterStep(context, status, rollout.revision, 0)
  }
  switch (rollout.phase) {
    case 'starting':
      // A first revision takes all traffic at once. No other revision exists to compare with or to return to.
      return status.stable === undefined
        ? enter(status, {
            phase: 'shifting',
            revision: rollout.revision,
            step: context.steps.length,
            weight: 100,
            sinceMs: now,
          })
        : enterStep(context, status, rollout.revision, 0)
    case 'shifting':
      return shift(context, status, rollout)
    case 'pausing':
      if (rollout.untilMs === undefined || now < rollout.untilMs)
        return stay(status, context, rollout.untilMs)
      return enterStep(context, status, rollout.revision, rollout.step + 1)
    case 'analyzing':
      return analyze(context, status, rollout)
    case 'holding':
      return stay(status, context)
  }
}

type Shifting = Extract<Rollout, { phase: 'shifting' }>

/** Gives the candidate its weight. The candidate is ready here. */
function shift(context: Context, status: DeploymentStatus, rollout: Shifting): Transition {
  const { revision, weight, step } = rollout
  const current = weightOf(status.split, revision)
  if (current === weight) {
    if (splitIsObserved(context, status)) return enterStep(context, status, revision, step + 1)
    return waitUntilDeadline(context, status, rollout, 'the target does not show the split')
  }
  const split = splitBetween(revision, status.stable, weight)
  // Only a later step with a smaller weight gives traffic back to the stable revision, which must be ready.
  const raisesStable = weightOf(split, status.stable) > weightOf(status.split, status.stable)
  if (raisesStable && status.stable !== revision && !isReady(status, status.stable)) {
    return waitUntilDeadline(
      context,
      status,
      rollout,
      'the stable revision is not ready to take traffic back',
    )
  }
  const known = revisionStatus(status, revision)
  if (known !== undefined && weight > current) {
    const blocked = withoutPermit(context, status, known.revision, weight, step)
    if (blocked !== undefined) return blocked
  }
  const changed = { ...status, split }
  const policed = weight > current ? policyDetails(context.analysis.permit) : {}
  const event: RolloutEvent = {
    action: 'split-changed',
    details: { split, previous: status.split, ...policed },
  }
  // The first revision becomes stable at once, because no other revision exists that traffic could return to.
  const transition =
    status.stable === undefined ? complete(context, changed, revision) : stay(changed, context, context.now)
  return { ...transition, events: [event, ...transition.events] }
}

function waitUntilDeadline(
  context: Context,
  status: DeploymentStatus,
  rollout: Shifting,
  message: string,
): Transition {
  const deadline = rollout.sinceMs + durationMs(context.declared.spec.deadline)
  if (context.now < deadline) return stay(status, context, deadline)
  return beginRollback(context, status, rollout.revision, { cause: 'ProgressDeadlineExceeded', message })
}
