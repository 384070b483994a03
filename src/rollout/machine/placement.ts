import type {
  DeploymentStatus,
  LedgerEntry,
  Placement,
} from '../../resources/deployment/deployment-status.ts'
import type { Declared } from './machine-types.ts'

/** The placement in which rollouts happen. Absent before anything was asked of a target. */
export function servingPlacement({ placements }: DeploymentStatus): Placement | undefined {
  return placements.find(({ role }) => role === 'serving')
}

/** While the deployment moves to another target: what is being made ready there. */
export function comingPlacement({ placements }: DeploymentStatus): Placement | undefined {
  return placements.find(({ role }) => role === 'coming')
}

/** What the loop removes from other targets. */
export function leavingPlacements({ placements }: DeploymentStatus): readonly Placement[] {
  return placements.filter(({ role }) => role === 'leaving')
}

export function placementAt({ placements }: DeploymentStatus, target: string): Placement | undefined {
  return placements.find((each) => each.target === target)
}

/** A placement in which nothing was asked yet. */
export function newPlacement(target: string, role: Placement['role'], now: number): Placement {
  return { target, role, sinceMs: now, revisions: [], requested: [], handles: [] }
}

/** Whether the declared target is not the target that holds the revisions. */
export function isElsewhere({ spec }: Declared, status: DeploymentStatus): boolean {
  const serving = servingPlacement(status)
  return serving !== undefined && serving.target !== spec.target.name
}

/** The name of the target that holds the revisions, or will hold them. */
export function targetOf({ spec }: Pick<Declared, 'spec'>, status: DeploymentStatus): string {
  return servingPlacement(status)?.target ?? spec.target.name
}

/** Whether the plane no longer has the target that holds the revisions. */
export function isTargetGone(declared: Declared, status: DeploymentStatus): boolean {
  return declared.missing.includes(targetOf(declared, status))
}

/** The effect whose outcome is not known, and the placement that has it. */
export function openEffect({
  placements,
}: DeploymentStatus): { readonly entry: LedgerEntry; readonly at: Placement } | undefined {
  const at = placements.find(({ effect }) => effect !== undefined)
  return at?.effect === undefined ? undefined : { entry: at.effect, at }
}

export function withoutEffect({ effect: _, ...placement }: Placement): Placement {
  return placement
}

/** The status in which no effect is open. */
export function withoutOpenEffect(status: DeploymentStatus): DeploymentStatus {
  const open = openEffect(status)
  return open === undefined ? status : withPlacement(status, open.at.target, withoutEffect)
}

/** The status with another placement at a target; the same object when there is none or it stays the same. */
export function withPlacement(
  status: DeploymentStatus,
  target: string,
  change: (placement: Placement) => Placement,
): DeploymentStatus {
  const before = placementAt(status, target)
  const after = before && change(before)
  if (after === undefined || after === before) return status
  return { ...status, placements: status.placements.map((each) => (each === before ? after : each)) }
}

/** The status with this placement in the place of the one at its target, or beside the others. */
export function putPlacement(status: DeploymentStatus, placement: Placement): DeploymentStatus {
  return placementAt(status, placement.target) === undefined
    ? { ...status, placements: [...status.placements, placement] }
    : withPlacement(status, placement.target, () => placement)
}

export function withoutPlacement(status: DeploymentStatus, target: string): DeploymentStatus {
  return { ...status, placements: status.placements.filter((each) => each.target !== target) }
}

/** A target is left: the loop removes from it whatever is there. What is left longest stands first. */
export function leave(status: DeploymentStatus, placement: Placement, now: number): DeploymentStatus {
  const { placements } = withoutPlacement(status, placement.target)
  const left: Placement = { ...placement, role: 'leaving', sinceMs: now, requested: [] }
  return { ...status, placements: [...placements, left] }
}

/** The status in which nothing comes to another target any more. What came there already is removed again. */
export function withoutComing(status: DeploymentStatus, now: number): DeploymentStatus {
  const coming = comingPlacement(status)
  if (coming === undefined) return status
  const { phase } = status.rollout
  return {
    ...leave(status, coming, now),
    // The phase spoke of the move.
    ...((phase === 'retargeting' || phase === 'blocked') && { rollout: { phase: 'pending', sinceMs: now } }),
  }
}

/** Whether a named actor gave up what a target holds that the plane does not have any more. */
export function isGivenUp(
  { missing }: Declared,
  { givenUp = [] }: DeploymentStatus,
  target: string,
): boolean {
  return missing.includes(target) && givenUp.some((each) => each.target === target)
}

/** The status without the targets that were left and given up; the same object when there are none. */
export function withoutGivenUp(declared: Declared, status: DeploymentStatus): DeploymentStatus {
  const { givenUp = [], ...rest } = status
  const gone = leavingPlacements(status).filter(({ target }) => isGivenUp(declared, status, target))
  // It holds for a target that the plane does not have now, until nothing of the deployment is there.
  const open = givenUp.filter(
    ({ target }) => declared.missing.includes(target) && !gone.some((each) => each.target === target),
  )
  if (gone.length === 0 && open.length === givenUp.length) return status
  return {
    ...rest,
    placements: status.placements.filter((each) => !gone.includes(each)),
    ...(open.length > 0 && { givenUp: open }),
  }
}
