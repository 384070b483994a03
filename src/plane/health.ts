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

/** The sorts of parts that a plane is given. */
export type PlanePart = 'store' | 'audit' | 'target' | 'registry' | 'metrics' | 'policy' | 'secrets'

/**
 * A part that gave no answer within its limit, or that failed several times in a row. The fault ends with the
 * next success, or when no call has failed for two minutes.
 */
export interface PlaneFault {
  readonly part: PlanePart
  /** The name that the plane's options give the part. Absent for the store and the audit log. */
  readonly name?: string
  /** CamelCase of the error's code, such as `StoreFull`. */
  readonly reason: string
  readonly message: string
}

export function planeFault({ part, name }: Pick<PlaneFault, 'part' | 'name'>, error: unknown): PlaneFault {
  return { part, ...(name !== undefined && { name }), ...faultOf(error) }
}
