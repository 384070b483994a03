import { isModelspineError, messageOf } from '../../errors.ts'
import { withCondition, withoutCondition } from '../../resources/deployment/condition.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'

/** A fault that hinders the loop, as the `Degraded` condition shows it. */
export interface Fault {
  /** CamelCase of the error's code, or `Unexpected`. */
  readonly reason: string
  readonly message: string
}

export function faultOf(error: unknown): Fault {
  const reason = isModelspineError(error)
    ? error.code.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase())
    : 'Unexpected'
  return { reason, message: messageOf(error) }
}

/** The operations that failed and are tried again, as a fault. */
export function failedOperations({ placements }: DeploymentStatus): Fault | undefined {
  const all = placements.flatMap(({ requested }) => requested)
  const failed = all.flatMap(({ change, failed: failure }) =>
    failure === undefined ? [] : [`${change} failed ${failure.times} times: ${failure.reason}`],
  )
  return failed.length === 0 ? undefined : { reason: 'OperationFailed', message: failed.join('; ') }
}

export function withFault(
  status: DeploymentStatus,
  fault: Fault | undefined,
  generation: number,
  now: number,
): DeploymentStatus {
  const conditions =
    fault === undefined
      ? withoutCondition(status.conditions, 'Degraded')
      : withCondition(
          status.conditions,
          { type: 'Degraded', status: 'True', ...fault, observedGeneration: generation },
          now,
        )
  return conditions === status.conditions ? status : { ...status, conditions }
}
