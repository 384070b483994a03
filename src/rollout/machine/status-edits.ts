import type { ObservedTarget, ObserveOptions } from '../../deployment-target/contract.ts'
import type {
  DeploymentStatus,
  RevisionStatus,
  Rollout,
} from '../../resources/deployment/deployment-status.ts'
import type { Split } from '../../resources/deployment/revision.ts'

/** The status of a deployment that was just declared. */
export function initialStatus(now: number): DeploymentStatus {
  return {
    observedGeneration: 0,
    conditions: [],
    revisions: [],
    split: [],
    rollout: { phase: 'pending', sinceMs: now },
    requested: [],
    handles: [],
    aborted: [],
    approvals: [],
  }
}

/** The status with the newest observation of the target; the same object when nothing changed. */
export function absorb(status: DeploymentStatus, observed: ObservedTarget, now: number): DeploymentStatus {
  let changed = false
  const revisions = status.revisions.map((known): RevisionStatus => {
    const seen = observed.revisions.find(({ revision }) => revision === known.revision.name)
    const state = seen?.state ?? 'requested'
    const next: RevisionStatus = {
      revision: known.revision,
      state,
      sinceMs: state === known.state ? known.sinceMs : now,
      ...(seen?.reason !== undefined && { reason: seen.reason }),
      ...(seen?.message !== undefined && { message: seen.message }),
      ...(seen?.endpoint !== undefined && { endpoint: seen.endpoint }),
    }
    if (sameRevisionStatus(known, next)) return known
    changed = true
    return next
  })
  return changed ? { ...status, revisions } : status
}

function sameRevisionStatus(left: RevisionStatus, right: RevisionStatus): boolean {
  return (
    left.state === right.state &&
    left.reason === right.reason &&
    left.message === right.message &&
    left.endpoint?.protocol === right.endpoint?.protocol &&
    left.endpoint?.address === right.endpoint?.address &&
    left.endpoint?.model === right.endpoint?.model
  )
}

/** The handles and revisions that a target is told when it is asked to observe. */
export function knownOf({
  handles,
  revisions,
}: DeploymentStatus): Required<Pick<ObserveOptions, 'handles' | 'applied'>> {
  return {
    handles: handles.map(({ handle }) => handle),
    applied: revisions.map(({ revision }) => revision),
  }
}

export function revisionStatus(
  status: DeploymentStatus,
  revision: string | undefined,
): RevisionStatus | undefined {
  return status.revisions.find((each) => each.revision.name === revision)
}

export function isReady(status: DeploymentStatus, revision: string | undefined): boolean {
  return revisionStatus(status, revision)?.state === 'ready'
}

export function weightOf(split: Split, revision: string | undefined): number {
  return split.find((entry) => entry.revision === revision)?.weight ?? 0
}

/** `weight` to the candidate and the rest to the stable revision, without entries of weight 0. */
export function splitBetween(candidate: string, stable: string | undefined, weight: number): Split {
  if (stable === undefined || stable === candidate) return [{ revision: candidate, weight: 100 }]
  return [
    { revision: stable, weight: 100 - weight },
    { revision: candidate, weight },
  ].filter((entry) => entry.weight > 0)
}

/** The candidate of a rollout that is under way. */
export function candidateOf(rollout: Rollout): string | undefined {
  switch (rollout.phase) {
    case 'starting':
    case 'shifting':
    case 'pausing':
    case 'analyzing':
    case 'holding':
      return rollout.revision
    case 'blocked':
      return rollout.weight > 0 ? rollout.revision : undefined
    default:
      return undefined
  }
}
