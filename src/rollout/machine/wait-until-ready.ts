import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import { beginRollback } from './rollback.ts'
import { revisionStatus } from './status-edits.ts'
import { type Context, stay, type Transition } from './transition.ts'

/** Waits for a candidate that is not ready, and turns the rollout back once that took as long as its deadline. */
export function waitUntilReady(
  context: Context,
  status: DeploymentStatus,
  rollout: { readonly phase: string; readonly revision: string; readonly sinceMs: number },
): Transition {
  const { spec } = context.declared
  const candidate = revisionStatus(status, rollout.revision)
  // While it starts, going from one state to another is no progress.
  const sinceMs =
    rollout.phase === 'starting' ? rollout.sinceMs : Math.max(candidate?.sinceMs ?? 0, rollout.sinceMs)
  const deadline = sinceMs + durationMs(spec.deadline)
  if (context.now < deadline) return stay(status, context, deadline)
  return beginRollback(context, status, rollout.revision, {
    cause: 'ProgressDeadlineExceeded',
    message: `not ready within ${spec.deadline}${candidate?.reason === undefined ? '' : ` (${candidate.reason})`}`,
  })
}
