import type { DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import type { Analysis, Declared, Need, Observed, RolloutEvent } from './machine-types.ts'
import type { Step } from './strategy-steps.ts'

/** The facts that every transition looks at. */
export interface Context {
  readonly declared: Declared
  readonly observed: Observed
  readonly analysis: Analysis
  readonly now: number
  readonly steps: readonly Step[]
}

/** One transition: the status it leads to, before any effect is chosen. */
export interface Transition {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
  readonly requeueAfterMs: number | null
  readonly need?: Need
  readonly finished?: boolean
}

/** Stays in the phase until something changes outside, or until `atMs`. */
export function stay(status: DeploymentStatus, context: Context, atMs?: number): Transition {
  return { status, events: [], requeueAfterMs: atMs === undefined ? null : Math.max(0, atMs - context.now) }
}

/** Enters another phase. The deployment is looked at again at once. */
export function enter(
  status: DeploymentStatus,
  rollout: Rollout,
  ...events: readonly RolloutEvent[]
): Transition {
  return { status: { ...status, rollout }, events, requeueAfterMs: 0 }
}

/** Asks a question that must be answered before the machine can decide. */
export function ask(status: DeploymentStatus, need: Need): Transition {
  return { status, events: [], requeueAfterMs: null, need }
}
