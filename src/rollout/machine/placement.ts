import type { DeploymentStatus, Placement } from '../../resources/deployment/deployment-status.ts'
import type { Declared } from './machine-types.ts'

/** Whether the declared target is not the target that holds the revisions. */
export function isElsewhere({ spec }: Declared, { target }: DeploymentStatus): boolean {
  return target !== undefined && target !== spec.target.name
}

/** The name of the target that holds the revisions, or will hold them. */
export function targetOf({ spec }: Declared, { target }: DeploymentStatus): string {
  return target ?? spec.target.name
}

/** Whether the plane no longer has the target that holds the revisions. */
export function isTargetGone(declared: Declared, status: DeploymentStatus): boolean {
  return declared.missing.includes(targetOf(declared, status))
}

/** What the deployment has at a target that does not serve. */
export function placementAt(
  { coming, leaving = [] }: DeploymentStatus,
  target: string,
): Placement | undefined {
  return [...(coming === undefined ? [] : [coming]), ...leaving].find((each) => each.target === target)
}

/** The status with another placement at a target that does not serve. */
export function withPlacement(
  status: DeploymentStatus,
  target: string,
  change: (placement: Placement) => Placement,
): DeploymentStatus {
  const changed = (each: Placement): Placement => (each.target === target ? change(each) : each)
  const { coming, leaving } = status
  return {
    ...status,
    ...(coming !== undefined && { coming: changed(coming) }),
    ...(leaving !== undefined && { leaving: leaving.map(changed) }),
  }
}

/** The status in which a target is left: the loop removes from it whatever is there. */
export function leave(status: DeploymentStatus, placement: Placement, now: number): DeploymentStatus {
  const { leaving = [] } = status
  const others = leaving.filter(({ target }) => target !== placement.target)
  return { ...status, leaving: [...others, { ...placement, sinceMs: now, requested: [] }] }
}

/** The status in which nothing comes to another target any more. What came there already is removed again. */
export function withoutComing(status: DeploymentStatus, now: number): DeploymentStatus {
  const { coming, ...rest } = status
  if (coming === undefined) return status
  const { phase } = rest.rollout
  const left = leave(rest, coming, now)
  return {
    ...left,
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
  const { leaving = [], givenUp = [], effect, ...rest } = status
  const gone = leaving.filter(({ target }) => isGivenUp(declared, status, target))
  const left = leaving.filter((each) => !gone.includes(each))
  // It holds for a target that the plane does not have now, until nothing of the deployment is there.
  const open = givenUp.filter(
    ({ target }) => declared.missing.includes(target) && !gone.some((each) => each.target === target),
  )
  if (gone.length === 0 && open.length === givenUp.length) return status
  const isLost = gone.some(({ target }) => target === effect?.target)
  return {
    ...rest,
    ...(effect !== undefined && !isLost && { effect }),
    ...(left.length > 0 && { leaving: left }),
    ...(open.length > 0 && { givenUp: open }),
  }
}
