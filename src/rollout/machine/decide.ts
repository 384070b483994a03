import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { advanceRollout } from './advance-rollout.ts'
import { conditionsOf } from './conditions.ts'
import { decideDeletion, decideRetargeting, isElsewhere, mayRetarget } from './deletion.ts'
import { effectFor } from './effect.ts'
import { outcomeUnknown, settle } from './effect-outcome.ts'
import type { Analysis, Declared, Instruction, Observed } from './machine-types.ts'
import { retire } from './retire.ts'
import { rollBack } from './rollback.ts'
import { startRollout } from './start-rollout.ts'
import { absorb } from './status-edits.ts'
import { stepsOf } from './strategy-steps.ts'
import { type Context, stay, type Transition } from './transition.ts'

/**
 * The next step of one deployment: at most one effect, the status to store before the effect is sent, and
 * when to look again. When the machine needs an answer first, the instruction asks for it in `need` and
 * changes nothing.
 */
export function decide(
  declared: Declared,
  status: DeploymentStatus,
  observed: Observed,
  analysis: Analysis,
  now: number,
): Instruction {
  const context: Context = { declared, observed, analysis, now, steps: stepsOf(declared.spec) }
  const seen = settle(absorb(status, observed, now), observed)
  const lost = outcomeUnknown(context, status, seen)
  const transition = lost ?? transitionOf(context, seen)
  if (transition.need !== undefined) {
    return { status, events: [], need: transition.need, requeueAfterMs: null }
  }
  const { status: asked, effect, events } = effectFor(context, transition.status)
  const next: DeploymentStatus = {
    ...asked,
    observedGeneration: declared.generation,
    ...(declared.desired !== undefined && { desired: declared.desired }),
  }
  return {
    status: { ...next, conditions: conditionsOf(context, next) },
    events: [...transition.events, ...events],
    requeueAfterMs: transition.requeueAfterMs,
    ...(effect !== undefined && { effect }),
    ...(transition.finished === true && { finished: true }),
  }
}

function transitionOf(context: Context, status: DeploymentStatus): Transition {
  const { declared } = context
  const { rollout } = status
  if (declared.deletion !== undefined) return decideDeletion(context, status)
  if (rollout.phase === 'stopped') return stay(status, context)
  const leaves = isElsewhere(declared, status) && mayRetarget(context, status)
  if (rollout.phase === 'retargeting' || leaves) return decideRetargeting(context, status)
  switch (rollout.phase) {
    case 'pending':
    case 'converged':
    case 'failed':
    case 'blocked':
      return startRollout(context, status)
    case 'starting':
    case 'shifting':
    case 'pausing':
    case 'analyzing':
    case 'holding':
      return advanceRollout(context, status, rollout)
    case 'retiring':
      return retire(context, status, rollout)
    case 'rolling-back':
      return rollBack(context, status, rollout)
    case 'deleting':
      // This phase was written under a deletion mark, and marks are never removed. So the key was created
      // anew.
      return startRollout(context, { ...status, rollout: { phase: 'pending', sinceMs: context.now } })
  }
}
