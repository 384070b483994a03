import type {
  DeploymentStatus,
  Placement,
  RevisionStatus,
} from '../src/resources/deployment/deployment-status.ts'
import type { Revision, Split } from '../src/resources/deployment/revision.ts'
import {
  leavingPlacements,
  newPlacement,
  openEffect,
  servingPlacement,
} from '../src/rollout/machine/placement.ts'
import { initialStatus, splitOf } from '../src/rollout/machine/status-edits.ts'

/** What the status says of the target that serves, or of none. */
export function here(status: DeploymentStatus | undefined): Placement {
  return (status && servingPlacement(status)) ?? newPlacement('', 'serving', 0)
}

/** The entry of the ledger, at whatever target. */
export function ledgerOf(status: DeploymentStatus | undefined): Placement['effect'] {
  return status && openEffect(status)?.entry
}

/** The weights of a status that may be missing. */
export function splitIn(status: DeploymentStatus | undefined): Split {
  return status === undefined ? [] : splitOf(status)
}

/** What is removed from other targets. */
export function leavingIn(status: DeploymentStatus | undefined): readonly Placement[] {
  return status === undefined ? [] : leavingPlacements(status)
}

/** What a revision of a status is made of. */
export function madeOf(
  status: DeploymentStatus | undefined,
  revision: string | undefined,
): Revision | undefined {
  return status?.revisions[revision ?? '']
}

/** A revision at a target, together with what it is made of. */
export type RevisionPart = Omit<RevisionStatus, 'revision'> & { readonly revision: Revision }

export interface PlacementParts extends Omit<Placement, 'revisions'> {
  readonly revisions: readonly RevisionPart[]
}

/** A status by its parts. What is left out is as in a new status. */
export interface StatusParts
  extends Partial<Omit<DeploymentStatus, 'revisions' | 'placements' | 'traffic' | 'desired'>>,
    Partial<Omit<PlacementParts, 'role' | 'sinceMs'>> {
  readonly desired?: Revision
  readonly split?: Split
  /** The placements at targets that do not serve. */
  readonly elsewhere?: readonly PlacementParts[]
}

export function statusWith(parts: StatusParts): DeploymentStatus {
  const {
    target,
    revisions,
    scale,
    effect,
    requested,
    handles,
    desired,
    split = [],
    elsewhere = [],
    ...rest
  } = parts
  const held: Record<string, Revision> = {}
  const named = (each: RevisionPart): RevisionStatus => {
    held[each.revision.name] = each.revision
    return { ...each, revision: each.revision.name }
  }
  if (desired !== undefined) held[desired.name] = desired
  const serving =
    target === undefined
      ? []
      : [
          {
            ...newPlacement(target, 'serving', 0),
            revisions: (revisions ?? []).map(named),
            ...(scale !== undefined && { scale }),
            ...(effect !== undefined && { effect }),
            ...(requested !== undefined && { requested }),
            ...(handles !== undefined && { handles }),
          },
        ]
  return {
    ...initialStatus(0),
    ...rest,
    placements: [...serving, ...elsewhere.map((each) => ({ ...each, revisions: each.revisions.map(named) }))],
    revisions: held,
    traffic: split.map((entry) => ({ ...entry, target: target ?? '' })),
    ...(desired !== undefined && { desired: desired.name }),
  }
}
