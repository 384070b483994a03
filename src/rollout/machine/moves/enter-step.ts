import type { DeploymentStatus, Rollout } from '../../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../resources/deployment/model-deployment.ts'
import type { RolloutEvent } from '../machine-types.ts'
import { keepPreviousMs, nameSteps, type Step } from '../strategy-steps.ts'
import { enter, type Transition } from '../transition.ts'

/** The facts that entering a step needs. */
export interface StepContext {
  readonly declared: { readonly spec: ModelDeploymentSpec }
  readonly steps: readonly Step[]
  readonly now: number
}

/** Enters the step at a place in the list, or completes the rollout after the last step. */
export function enterStep(
  context: StepContext,
  status: DeploymentStatus,
  revision: string,
  step: number,
): Transition {
  const next = context.steps[step]
  if (next === undefined) return complete(context, status, revision)
  const rollout = rolloutAt(next, revision, step, context.now)
  return enter({ ...status, steps: nameSteps(context.steps) }, rollout, {
    action: 'step-entered',
    details: { revision, step, ...describe(next) },
  })
}

/**
 * Whether the rollout counts its place in the steps that are declared now. True for a first revision, because
 * it takes all traffic without steps.
 */
export function standsInSteps({ stable, steps }: DeploymentStatus, declared: readonly Step[]): boolean {
  return stable === undefined || steps === nameSteps(declared)
}

function rolloutAt(step: Step, revision: string, place: number, now: number): Rollout {
  switch (step.kind) {
    case 'weight':
      return { phase: 'shifting', revision, step: place, weight: step.weight, sinceMs: now }
    case 'pause':
      return {
        phase: 'pausing',
        revision,
        step: place,
        sinceMs: now,
        ...(step.forMs !== undefined && { untilMs: now + step.forMs }),
      }
    case 'analyze':
      return { phase: 'analyzing', revision, step: place, sinceMs: now, untilMs: now + step.forMs, gates: [] }
  }
}

function describe(step: Step): Readonly<Record<string, unknown>> {
  switch (step.kind) {
    case 'weight':
      return { weight: step.weight }
    case 'pause':
      return { pauseMs: step.forMs ?? 'until-promoted' }
    case 'analyze':
      return { gates: step.gates, forMs: step.forMs }
  }
}

/** Makes the candidate stable. The replaced revision is kept as long as the strategy says, then removed. */
export function complete(
  { declared, now }: StepContext,
  status: DeploymentStatus,
  revision: string,
): Transition {
  const keepMs = status.stable === undefined ? 0 : keepPreviousMs(declared.spec)
  return enter(
    {
      ...status,
      stable: revision,
      approvals: status.approvals.filter((approval) => approval.revision !== revision),
      last: { revision, outcome: 'completed', message: 'takes all traffic', endedMs: now },
    },
    { phase: 'retiring', revision, sinceMs: now, untilMs: now + keepMs },
    completedEvent(revision, status.stable),
  )
}

function completedEvent(revision: string, previous: string | undefined): RolloutEvent {
  return { action: 'rollout-completed', details: { revision, ...(previous !== undefined && { previous }) } }
}
