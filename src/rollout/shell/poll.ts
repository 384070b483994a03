import type { Clock } from '../../clock.ts'
import { jittered } from '../../reconcile/jittered.ts'
import { type Priority, priorities } from '../../reconcile/priority.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { servingRevisions } from '../machine/status-edits.ts'

const fastestMs = 100
const slowestMs = 10_000
const missingPollMs = 1000

export interface LookTimes {
  /** Milliseconds between two looks at a deployment to which nothing happens. */
  readonly resyncMs: number
  /** The same for a deployment that has stood still for long. At least `resyncMs`. */
  readonly quietMs: number
}

/**
 * When to look at the target again although no hint came. Looks are frequent just after a change and become
 * rarer with time. When no change is expected, `resyncMs` lies between two looks, and up to `quietMs` when the
 * deployment has stood still for as long. Jittered by a tenth, so that many deployments do not look at the same
 * time.
 */
export function pollAfterMs(
  status: DeploymentStatus,
  { resyncMs, quietMs }: LookTimes,
  clock: Clock,
): number {
  // A revision that is not shown now is looked for soon, so that a real loss is mended soon.
  if (isMissing(status)) return Math.min(resyncMs, missingPollMs)
  const sinceMs = clock.now() - status.rollout.sinceMs
  if (isExpecting(status)) {
    return jittered(Math.min(resyncMs, slowestMs, Math.max(fastestMs, sinceMs / 8)), clock)
  }
  const standing = standsStill.has(status.rollout.phase)
  return jittered(standing ? Math.min(quietMs, Math.max(resyncMs, sinceMs)) : resyncMs, clock)
}

/** A look at what stands still may wait for looks at what moves. */
export function pollPriority(status: DeploymentStatus): Priority {
  const moving = isMissing(status) || isExpecting(status) || !standsStill.has(status.rollout.phase)
  return moving ? priorities.drift : priorities.resync
}

/** Nothing happens in these phases before somebody declares something, or something drifts. */
const standsStill: ReadonlySet<string> = new Set(['converged', 'failed', 'stopped'])

function isMissing(status: DeploymentStatus): boolean {
  return servingRevisions(status).some(({ missing }) => missing !== undefined)
}

function isExpecting(status: DeploymentStatus): boolean {
  const { rollout, placements } = status
  return (
    placements.some(({ role, requested }) => role !== 'serving' || requested.length > 0) ||
    servingRevisions(status).some(({ state }) => state === 'requested' || state === 'starting') ||
    waiting.has(rollout.phase)
  )
}

const waiting: ReadonlySet<string> = new Set([
  'pending',
  'starting',
  'shifting',
  'retiring',
  'rolling-back',
  'retargeting',
  'deleting',
])
