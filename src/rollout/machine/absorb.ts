import type { ObservedTarget, TargetCapabilities } from '../../deployment-target/contract.ts'
import type { DeploymentStatus, RevisionStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../resources/duration.ts'
import { servingRevisions, withServingRevisions } from './status-edits.ts'

/**
 * A target shows a revision no longer. Only after this many looks in a row, and this many milliseconds after
 * the first of them, is the revision believed to be lost. An answer of a stale replica, or one empty answer,
 * takes no traffic away.
 */
export const lossLooks = 3
export const lossMs = 2000

export interface AbsorbLimits {
  /** How long a revision must be ready without a break until it is out of trouble. */
  readonly deadlineMs: number
  /** The capability of the target. A loss is not believed before its lists are surely true. */
  readonly listLagMs?: number | undefined
}

export function limitsOf(
  { deadline }: Pick<ModelDeploymentSpec, 'deadline'>,
  { listLagMs }: TargetCapabilities,
): AbsorbLimits {
  return { deadlineMs: durationMs(deadline), listLagMs }
}

/** The status with the newest observation of the target; the same object when nothing changed. */
export function absorb(
  status: DeploymentStatus,
  observed: ObservedTarget,
  now: number,
  limits: AbsorbLimits,
): DeploymentStatus {
  return withServingRevisions(status, absorbInto(servingRevisions(status), observed, now, limits))
}

/** The same for the revisions of one target. */
export function absorbInto(
  revisions: readonly RevisionStatus[],
  observed: ObservedTarget,
  now: number,
  { deadlineMs, listLagMs = 0 }: AbsorbLimits,
): readonly RevisionStatus[] {
  let changed = false
  const next = revisions.map((known): RevisionStatus => {
    const seen = observed.revisions.find(({ revision }) => revision === known.revision)
    const after =
      seen === undefined
        ? missed(known, now, Math.max(lossMs, listLagMs))
        : shown(known, seen, now, deadlineMs)
    if (sameRevisionStatus(known, after)) return known
    changed = true
    return after
  })
  return changed ? next : revisions
}

function missed(known: RevisionStatus, now: number, lostAfterMs: number): RevisionStatus {
  if (known.state === 'requested') return known
  const looks = (known.missing?.looks ?? 0) + 1
  const sinceMs = known.missing?.sinceMs ?? now
  if (looks < lossLooks || now - sinceMs < lostAfterMs) return { ...known, missing: { looks, sinceMs } }
  const troubledSinceMs = known.troubledSinceMs ?? (known.state === 'ready' ? sinceMs : undefined)
  return {
    revision: known.revision,
    state: 'requested',
    sinceMs: now,
    ...(troubledSinceMs !== undefined && { troubledSinceMs }),
  }
}

function shown(
  known: RevisionStatus,
  seen: ObservedTarget['revisions'][number],
  now: number,
  deadlineMs: number,
): RevisionStatus {
  const { state, reason, message, endpoint } = seen
  const sinceMs = state === known.state ? known.sinceMs : now
  const troubledSinceMs = troubled(known, state, now, sinceMs, deadlineMs)
  return {
    revision: known.revision,
    state,
    sinceMs,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(endpoint !== undefined && { endpoint }),
    ...(troubledSinceMs !== undefined && { troubledSinceMs }),
  }
}

function troubled(
  known: RevisionStatus,
  state: RevisionStatus['state'],
  now: number,
  sinceMs: number,
  deadlineMs: number,
): number | undefined {
  if (state !== 'ready') return known.troubledSinceMs ?? (known.state === 'ready' ? now : undefined)
  return now - sinceMs >= deadlineMs ? undefined : known.troubledSinceMs
}

function sameRevisionStatus(left: RevisionStatus, right: RevisionStatus): boolean {
  return (
    left.state === right.state &&
    left.reason === right.reason &&
    left.message === right.message &&
    left.troubledSinceMs === right.troubledSinceMs &&
    left.missing?.looks === right.missing?.looks &&
    left.endpoint?.protocol === right.endpoint?.protocol &&
    left.endpoint?.address === right.endpoint?.address &&
    left.endpoint?.model === right.endpoint?.model
  )
}
