import type { ObserveOptions } from '../../deployment-target/contract.ts'
import type {
  DeploymentStatus,
  Placement,
  RevisionStatus,
  Rollout,
} from '../../resources/deployment/deployment-status.ts'
import type { Revision, Split } from '../../resources/deployment/revision.ts'
import { statusVersion } from '../../resources/deployment/upcast/present-status.ts'
import { servingPlacement, withPlacement } from './placement.ts'

/** The status of a deployment that was just declared. */
export function initialStatus(now: number): DeploymentStatus {
  return {
    statusVersion,
    observedGeneration: 0,
    conditions: [],
    revisions: {},
    placements: [],
    traffic: [],
    rollout: { phase: 'pending', sinceMs: now },
    aborted: [],
    approvals: [],
  }
}

/** The handles and revisions that a target is told when it is asked to observe. */
export function knownOf(
  status: DeploymentStatus,
  placement: Placement | undefined,
): Required<Pick<ObserveOptions, 'handles' | 'applied'>> {
  const { handles = [], revisions = [] } = placement ?? {}
  return {
    handles: handles.map(({ handle }) => handle),
    applied: revisions.flatMap(({ revision }) => {
      const known = heldRevision(status, revision)
      return known.adopted === true ? [] : [known]
    }),
  }
}

/** What a revision is made of. */
export function heldRevision({ revisions }: DeploymentStatus, name: string): Revision {
  const revision = revisions[name]
  if (revision === undefined) throw new Error(`the status names revision ${name} and does not hold it`)
  return revision
}

/** The revision that the model reference resolved to last. */
export function desiredOf(status: DeploymentStatus): Revision | undefined {
  return status.desired === undefined ? undefined : heldRevision(status, status.desired)
}

/** The status that holds the revision, so that it may be named. A revision that is held is never edited. */
export function holding(status: DeploymentStatus, revision: Revision): DeploymentStatus {
  return status.revisions[revision.name] === undefined
    ? { ...status, revisions: { ...status.revisions, [revision.name]: revision } }
    : status
}

/** The status without the revisions that nothing names any more; the same object when there are none. */
export function withoutUnnamed(status: DeploymentStatus): DeploymentStatus {
  const named = new Set(status.placements.flatMap((each) => each.revisions.map(({ revision }) => revision)))
  if (status.desired !== undefined) named.add(status.desired)
  const held = Object.entries(status.revisions)
  const kept = held.filter(([name]) => named.has(name))
  return kept.length === held.length ? status : { ...status, revisions: Object.fromEntries(kept) }
}

/** The revisions that are meant to exist at the target that serves. */
export function servingRevisions(status: DeploymentStatus): readonly RevisionStatus[] {
  return servingPlacement(status)?.revisions ?? []
}

/** The status with other revisions at the target that serves. */
export function withServingRevisions(
  status: DeploymentStatus,
  revisions: readonly RevisionStatus[],
): DeploymentStatus {
  const serving = servingPlacement(status)
  return serving === undefined || serving.revisions === revisions
    ? status
    : withPlacement(status, serving.target, (each) => ({ ...each, revisions }))
}

export function revisionStatus(
  status: DeploymentStatus,
  revision: string | undefined,
): RevisionStatus | undefined {
  return servingRevisions(status).find((each) => each.revision === revision)
}

export function isReady(status: DeploymentStatus, revision: string | undefined): boolean {
  return revisionStatus(status, revision)?.state === 'ready'
}

/** Whether a revision may get more traffic: the last observation showed it, and showed it ready. */
export function mayRise(status: DeploymentStatus, revision: string | undefined): boolean {
  return isReady(status, revision) && revisionStatus(status, revision)?.missing === undefined
}

/** The weights, whatever their targets. */
export function splitOf({ traffic }: Pick<DeploymentStatus, 'traffic'>): Split {
  return traffic.flatMap((entry) =>
    'weight' in entry ? [{ revision: entry.revision, weight: entry.weight }] : [],
  )
}

/** The weights at one target. */
export function splitAt({ traffic }: Pick<DeploymentStatus, 'traffic'>, target: string): Split {
  return splitOf({ traffic: traffic.filter((entry) => entry.target === target) })
}

/** The status in which the target that serves has this split. */
export function withSplit(status: DeploymentStatus, split: Split): DeploymentStatus {
  const target = servingPlacement(status)?.target
  if (target === undefined) return split.length === 0 ? { ...status, traffic: [] } : status
  return { ...status, traffic: split.map(({ revision, weight }) => ({ revision, target, weight })) }
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
