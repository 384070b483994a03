import type { Analyzing, DeploymentStatus, Rollout } from '../../../resources/deployment/deployment-status.ts'
import { splitIsObserved } from '../effects/want.ts'
import type { RolloutEvent } from '../machine-types.ts'
import {
  heldRevision,
  mayRise,
  revisionStatus,
  splitBetween,
  splitOf,
  weightOf,
  withSplit,
} from '../status-edits.ts'
import { type Context, enter, stay, type Transition } from '../transition.ts'
import { judgeAnalysis, type StepVerdict } from './analyze.ts'
import { complete, enterStep, standsInSteps } from './enter-step.ts'
import { policyDetails, withoutPermit } from './permit.ts'
import { beginRollback } from './rollback.ts'
import { supersededBy } from './start-rollout.ts'
import { shiftDeadline, stepDeadline } from './step-deadline.ts'
import { withWindows } from './used-windows.ts'

type Advancing = Extract<Rollout, { phase: 'starting' | 'shifting' | 'pausing' | 'analyzing' | 'holding' }>

/**
 * One move of a rollout that is under way: forward, or back because another revision is wanted. `makeSafe`
 * has seen before that nothing speaks against it.
 */
export function advanceRollout(context: Context, status: DeploymentStatus, rollout: Advancing): Transition {
  const { declared, now } = context
  if (declared.desired !== undefined && declared.desired.name !== rollout.revision) {
    return beginRollback(context, status, rollout.revision, supersededBy(declared.desired))
  }
  const deadline = stepDeadline(context, status)?.atMs
  const waits = status.paused !== undefined || !mayRise(status, rollout.revision)
  const stands = rollout.phase === 'starting' || standsInSteps(status, context.steps)
  // Gates are read while a candidate or a person is waited for, because one may surely fail.
  if (waits && !(rollout.phase === 'analyzing' && stands)) return stay(status, context, deadline)
  // The rollout counted its place in another list of steps. Going on from that place could skip a gate.
  if (!stands) return enterStep(context, status, rollout.revision, 0)
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
      if (rollout.untilMs === undefined) return stay(status, context, deadline)
      if (now < rollout.untilMs) return stay(status, context, rollout.untilMs)
      return enterStep(context, status, rollout.revision, rollout.step + 1)
    case 'analyzing':
      return analyze(context, status, rollout)
    case 'holding':
      return stay(status, context, deadline)
  }
}

type Extended = Extract<StepVerdict, { kind: 'extend' }>

/** Goes on when all gates have passed, and measures on when the step is extended. Failures and holds are `makeSafe`'s. */
function analyze(context: Context, status: DeploymentStatus, rollout: Analyzing): Transition {
  const judgement = judgeAnalysis(context, status, rollout)
  if (judgement.kind === 'open') {
    const { rollout: next, againAfterMs } = judgement
    return { status: { ...status, rollout: next }, events: [], requeueAfterMs: againAfterMs }
  }
  if ((judgement.kind !== 'pass' && judgement.kind !== 'extend') || !mayRise(status, rollout.revision)) {
    return stay(withWindows(status, context.analysis.gates), context, stepDeadline(context, status)?.atMs)
  }
  if (judgement.kind === 'extend') return extend(status, judgement)
  const transition = enterStep(context, status, rollout.revision, rollout.step + 1)
  const passed: RolloutEvent = {
    action: 'analysis-passed',
    details: { revision: rollout.revision, step: rollout.step, gates: judgement.gates },
  }
  return { ...transition, events: [passed, ...transition.events] }
}

function extend(status: DeploymentStatus, { rollout, againAfterMs, message }: Extended): Transition {
  const { revision, step, untilMs, gates } = rollout
  const extended: RolloutEvent = {
    action: 'analysis-extended',
    details: { revision, step, untilMs, message, gates },
  }
  return { status: { ...status, rollout }, events: [extended], requeueAfterMs: againAfterMs }
}

type Shifting = Extract<Rollout, { phase: 'shifting' }>

/** Gives the candidate its weight. The candidate is ready here. */
function shift(context: Context, status: DeploymentStatus, rollout: Shifting): Transition {
  const { revision, step } = rollout
  // The stable revision itself is no candidate. What led here has ended.
  if (revision === status.stable) return enter(status, { phase: 'pending', sinceMs: context.now })
  const previous = splitOf(status)
  const current = weightOf(previous, revision)
  const weight = weightInForce(context, status, rollout)
  if (current === weight) {
    if (splitIsObserved(context, previous)) return enterStep(context, status, revision, step + 1)
    return untilInForce(context, status, rollout)
  }
  const split = splitBetween(revision, status.stable, weight)
  // Only a later step with a smaller weight gives traffic back to the stable revision, which must be ready.
  const raisesStable = weightOf(split, status.stable) > weightOf(previous, status.stable)
  if (raisesStable && !mayRise(status, status.stable)) {
    return untilInForce(context, status, rollout)
  }
  const known = revisionStatus(status, revision)
  if (known !== undefined && weight > current) {
    const blocked = withoutPermit(context, status, heldRevision(status, revision), weight, step)
    if (blocked !== undefined) return blocked
  }
  const changed = withSplit(status, split)
  const policed = weight > current ? policyDetails(context.analysis.permit) : {}
  const event: RolloutEvent = {
    action: 'split-changed',
    details: { split, previous, ...policed },
  }
  // The first revision becomes stable at once, because no other revision exists that traffic could return to.
  const transition =
    status.stable === undefined ? complete(context, changed, revision) : stay(changed, context, context.now)
  return { ...transition, events: [event, ...transition.events] }
}

function untilInForce(context: Context, status: DeploymentStatus, rollout: Shifting): Transition {
  const deadline = shiftDeadline(context, rollout)
  if (context.now < deadline.atMs || status.paused !== undefined) return stay(status, context, deadline.atMs)
  return beginRollback(context, status, rollout.revision, deadline)
}

/**
 * The step's weight. While the stable revision cannot take traffic, the candidate also takes the traffic of a
 * revision that was turned back, because it has nowhere else to go.
 */
function weightInForce(
  { steps }: Context,
  status: DeploymentStatus,
  { revision, weight, step }: Shifting,
): number {
  const { stable } = status
  const split = splitOf(status)
  if (stable === undefined || mayRise(status, stable)) return weight
  const current = weightOf(split, revision)
  const strays = split.some((each) => each.revision !== stable && each.revision !== revision)
  const declared = steps.slice(0, step).flatMap((each) => (each.kind === 'weight' ? [each.weight] : []))
  // What it took over before, it keeps.
  const tookOver = current > Math.max(weight, 0, ...declared)
  return strays || tookOver ? Math.max(weight, 100 - weightOf(split, stable)) : weight
}
