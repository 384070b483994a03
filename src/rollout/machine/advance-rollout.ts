import type { DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import { analyze } from './analyze.ts'
import { enterStep, standsInSteps } from './enter-step.ts'
import { beginRollback } from './rollback.ts'
import { shift } from './shift.ts'
import { failureOf, supersededBy } from './start-rollout.ts'
import { revisionStatus } from './status-edits.ts'
import { type Context, enter, type Move, stay } from './transition.ts'
import { waitUntilReady } from './wait-until-ready.ts'

type Forward = Extract<Rollout, { phase: 'starting' | 'shifting' | 'pausing' | 'analyzing' | 'holding' }>

/** One move of a rollout under way: on, to a stand, or back. */
export function forward(context: Context, status: DeploymentStatus, rollout: Forward): Move {
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
    // Places in another list of steps mean nothing: going on from there could skip a gate.
    return enterStep(context, status, rollout.revision, 0)
  }
  switch (rollout.phase) {
    case 'starting':
      // A first revision has nothing to be compared with or to return to: it takes all traffic at once.
      return status.stable === undefined
        ? enter(status, {
            phase: 'shifting',
            revision: rollout.revision,
            step: context.steps.length,
            percent: 100,
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
