import type { ObserveOptions } from '../../deployment-target/contract.ts'
import type {
  DeploymentStatus,
  RevisionStatus,
  Rollout,
} from '../../resources/deployment/deployment-status.ts'
import type { Split } from '../../resources/deployment/revision.ts'
import { statusVersion } from '../../resources/deployment/upcast/present-status.ts'

/** The status of a deployment that was just declared. */
export function initialStatus(now: number): DeploymentStatus {
  return {
    statusVersion,
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

/** The handles and revisions that a target is told when it is asked to observe. */
export function knownOf({
  handles,
  revisions,
}: Pick<DeploymentStatus, 'handles' | 'revisions'>): Required<Pick<ObserveOptions, 'handles' | 'applied'>> {
  return {
    handles: handles.map(({ handle }) => handle),
    applied: revisions.flatMap(({ revision }) => (revision.adopted === true ? [] : [revision])),
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

/** Whether a revision may get more traffic: the last observation showed it, and showed it ready. */
export function mayRise(status: DeploymentStatus, revision: string | undefined): boolean {
  return isReady(status, revision) && revisionStatus(status, revision)?.missing === undefined
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
    case 'retargeting':
      return rollout.revision
    case 'blocked':
      return rollout.weight > 0 ? rollout.revision : undefined
    default:
      return undefined
  }
}
