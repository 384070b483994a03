import { faultOf } from '../rollout/shell/fault.ts'

/** The health of the plane itself. Faults of one deployment stand in that deployment's conditions. */
export interface PlaneHealth {
  /** Whether this process holds the lease and reconciles. */
  readonly leading: boolean
  /** Keys that wait to be looked at. */
  readonly queued: number
  /** The faults that hinder a part of the plane now; empty when there are none. */
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
