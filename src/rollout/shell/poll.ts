import type { Clock } from '../../clock.ts'
import { jittered } from '../../reconcile/jittered.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'

const fastestMs = 100
const slowestMs = 10_000
const missingPollMs = 1000

/**
 * When to look at the target again although no hint came. Looks are frequent just after a change and become
 * rarer with time. When no change is expected, `resyncMs` lies between two looks. Jittered by a tenth, so
 * that many deployments do not look at the same time.
 */
export function pollAfterMs(
  { rollout, revisions, requested, coming, leaving }: DeploymentStatus,
  resyncMs: number,
  clock: Clock,
): number {
  // A revision that is not shown now is looked for soon, so that a real loss is mended soon.
  if (revisions.some(({ missing }) => missing !== undefined)) return Math.min(resyncMs, missingPollMs)
  const expecting =
    requested.length > 0 ||
    coming !== undefined ||
    leaving !== undefined ||
    revisions.some(({ state }) => state === 'requested' || state === 'starting') ||
    waiting.has(rollout.phase)
  const sinceMs = clock.now() - rollout.sinceMs
  const base = expecting ? Math.min(resyncMs, slowestMs, Math.max(fastestMs, sinceMs / 8)) : resyncMs
  return jittered(base, clock)
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
