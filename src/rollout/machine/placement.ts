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

/** The status in which a target is left: the loop removes from it whatever is there. */
export function leave(status: DeploymentStatus, placement: Placement, now: number): DeploymentStatus {
  const { leaving = [] } = status
  const others = leaving.filter(({ target }) => target !== placement.target)
  return { ...status, leaving: [...others, { ...placement, sinceMs: now, requested: [] }] }
}

/** The status in which nothing comes to another target any more. What came there already is removed again. */
export function withoutComing(status: DeploymentStatus, now: number): DeploymentStatus {
  const { coming, ...rest } = status
  return coming === undefined ? status : leave(rest, coming, now)
}

/** What is left at other targets and is not given up. */
export function stillLeaving(status: DeploymentStatus): readonly Placement[] {
  return (status.leaving ?? []).filter(({ target }) => !isGivenUp(status, target))
}

export function isGivenUp({ givenUp = [] }: DeploymentStatus, target: string): boolean {
  return givenUp.some((each) => each.target === target)
}
