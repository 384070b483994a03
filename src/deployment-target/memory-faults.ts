import { ModelspineError } from '../errors.ts'
import type { ApplyResult } from './contract.ts'

/**
 * The faults of a memory target. Each fault holds for one call, in the order in which the faults were given.
 */
export interface MemoryFaults {
  /**
   * Makes the next such call fail. With `before` it does no work: `apply` and `destroy` answer `not-sent`, or
   * throw `error` when one is given; other calls throw it. With `after` the call first does its work, and its
   * answer is lost, which makes a difference for `apply` and `destroy`. The default error is
   * `target-unavailable`.
   */
  failNext(call: FaultyCall, when?: 'before' | 'after', error?: Error): void
  /** Makes the next `apply` or `destroy` send nothing and answer `busy`. */
  busyNext(retryAfterMs: number): void
  /** Makes the next `apply` send nothing and answer `refused`. */
  refuseNext(reason: string, message: string): void
  /**
   * Makes the vendor take the next mutation and fail it, for this reason. With `answered` (default) the call
   * answers `failed`. With `observed` the call answers `accepted` with a handle, and from then on `observe`
   * shows the operation as failed.
   */
  failNextOperation(reason: string, told?: OperationFault['told']): void
}

export type FaultyCall = 'apply' | 'check' | 'observe' | 'list' | 'destroy'

export interface OperationFault {
  readonly reason: string
  readonly told: 'answered' | 'observed'
}

export interface FaultQueue extends MemoryFaults {
  /** Throws the fault for before the call, if there is one, or gives the answer that stands for it. */
  enter(call: FaultyCall): {
    readonly notSent?: Extract<ApplyResult, { kind: 'not-sent' }>
    /** Throws the fault for after the call, if there is one. */
    leave(): void
  }
  /** The answer that a call gives instead of doing its work. */
  busy(): Extract<ApplyResult, { kind: 'busy' }> | undefined
  refusal(): Extract<ApplyResult, { kind: 'refused' }> | undefined
  /** Asked once for each mutation that is about to be done. */
  operation(): OperationFault | undefined
}

interface Failure {
  readonly call: FaultyCall
  readonly when: 'before' | 'after'
  readonly error: Error | undefined
}

export function createFaultQueue(): FaultQueue {
  const failures: Failure[] = []
  const busy: Extract<ApplyResult, { kind: 'busy' }>[] = []
  const refusals: Extract<ApplyResult, { kind: 'refused' }>[] = []
  const operations: OperationFault[] = []
  return {
    failNext: (call, when = 'before', error = undefined) => void failures.push({ call, when, error }),
    busyNext: (retryAfterMs) => void busy.push({ kind: 'busy', retryAfterMs }),
    refuseNext: (reason, message) => void refusals.push({ kind: 'refused', reason, message }),
    failNextOperation: (reason, told = 'answered') => void operations.push({ reason, told }),
    enter(call) {
      const place = failures.findIndex((each) => each.call === call)
      const [failure] = place === -1 ? [] : failures.splice(place, 1)
      const message = `${call} was told to fail`
      const error = (): Error => failure?.error ?? new ModelspineError('target-unavailable', message)
      if (failure?.when !== 'before') {
        return {
          leave() {
            if (failure !== undefined) throw error()
          },
        }
      }
      const sends = call === 'apply' || call === 'destroy'
      if (!sends || failure.error !== undefined) throw error()
      return { notSent: { kind: 'not-sent', reason: 'ToldToFail', message }, leave: () => {} }
    },
    busy: () => busy.shift(),
    refusal: () => refusals.shift(),
    operation: () => operations.shift(),
  }
}
