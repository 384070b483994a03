import type { DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import type { Analysis, Declared, Need, Observed, RolloutEvent } from './machine-types.ts'
import type { Step } from './strategy-steps.ts'

/** The facts of a moment without a fresh look at the target. */
export interface BlindContext {
  readonly declared: Declared
  readonly analysis: Analysis
  readonly now: number
  readonly steps: readonly Step[]
}

/** The facts of a moment. */
export interface Context extends BlindContext {
  readonly observed: Observed
}

/** One transition: the status it leads to, before any effect is chosen. */
export interface Transition {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
  readonly requeueAfterMs: number | null
  readonly need?: Need
  readonly finished?: boolean
  /** A move of `makeSafe`. */
  readonly safe?: boolean
  /** The observation belongs to another target now, so that no effect can be chosen by it. */
  readonly moved?: boolean
}

/**
 * When every router knows the traffic of the status. What has no traffic may be removed from then on, because no
 * router sends a request there any more.
 */
export function routersKnowAtMs(
  { declared }: Pick<BlindContext, 'declared'>,
  { trafficSinceMs }: Pick<DeploymentStatus, 'trafficSinceMs'>,
): number {
  return trafficSinceMs === undefined ? 0 : trafficSinceMs + (declared.routersLearnMs ?? 0)
}

/** Stays in the phase until something changes outside, or until `atMs`. */
export function stay(
  status: DeploymentStatus,
  context: Pick<BlindContext, 'now'>,
  atMs?: number,
): Transition {
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
