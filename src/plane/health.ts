import { faultOf } from '../rollout/shell/fault.ts'

/** How the plane itself is. What hinders one deployment stands in that deployment's conditions. */
export interface PlaneHealth {
  /** Whether this process is the one that reconciles. */
  readonly leading: boolean
  /** Keys that wait to be looked at. */
  readonly queued: number
  /** What hinders a part of the plane now; empty when nothing does. */
  readonly faults: readonly PlaneFault[]
}

export interface PlaneFault {
  readonly part: 'store' | 'audit'
  /** CamelCase of the error's code, such as `StoreFull`. */
  readonly reason: string
  readonly message: string
}

export function planeFault(part: PlaneFault['part'], error: unknown): PlaneFault {
  return { part, ...faultOf(error) }
}
