import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import { beginRollback } from './rollback.ts'
import { revisionStatus } from './status-edits.ts'
import { type Context, stay, type Transition } from './transition.ts'

/** Waits for a candidate that is not ready. Turns the rollout back when the wait reaches the deadline. */
export function waitUntilReady(
  context: Context,
  status: DeploymentStatus,
  rollout: { readonly phase: string; readonly revision: string; readonly sinceMs: number },
): Transition {
  const { spec } = context.declared
  const candidate = revisionStatus(status, rollout.revision)
  // While the candidate starts, a change from one state to another is no progress.
  const sinceMs =
    rollout.phase === 'starting' ? rollout.sinceMs : Math.max(candidate?.sinceMs ?? 0, rollout.sinceMs)
  const deadline = sinceMs + durationMs(spec.deadline)
  if (context.now < deadline) return stay(status, context, deadline)
  return beginRollback(context, status, rollout.revision, {
    cause: 'ProgressDeadlineExceeded',
    message: `the revision was not ready within ${spec.deadline}${candidate?.reason === undefined ? '' : ` (${candidate.reason})`}`,
  })
}
