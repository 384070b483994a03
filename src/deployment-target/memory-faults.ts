import { ModelspineError } from '../errors.ts'
import type { ApplyResult } from './contract.ts'

/**
 * The faults of a memory target. Each fault holds for one call, in the order in which the faults were given.
 */
export interface MemoryFaults {
  /**
   * Makes the next such call throw `error`, by default `target-unavailable`. With `after` the call first does
   * its work, and its answer is lost. This makes a difference for `apply` and `destroy`.
   */
  failNext(call: FaultyCall, when?: 'before' | 'after', error?: Error): void
  /** Makes the next `apply` or `destroy` send nothing and answer `busy`. */
  busyNext(retryAfterMs: number): void
  /** Makes the next `apply` send nothing and answer `refused`. */
  refuseNext(reason: string, message: string): void
}

export type FaultyCall = 'apply' | 'observe' | 'list' | 'destroy'

export interface FaultQueue extends MemoryFaults {
  /**
   * Throws the fault for before the call, if there is one. The returned function throws the one for after
   * it.
   */
  enter(call: FaultyCall): () => void
  /** The answer that a call gives instead of doing its work. */
  busy(): Extract<ApplyResult, { kind: 'busy' }> | undefined
  refusal(): Extract<ApplyResult, { kind: 'refused' }> | undefined
}

export function createFaultQueue(): FaultQueue {
  const failures: { call: FaultyCall; when: 'before' | 'after'; error: Error }[] = []
  const busy: Extract<ApplyResult, { kind: 'busy' }>[] = []
  const refusals: Extract<ApplyResult, { kind: 'refused' }>[] = []
  return {
    failNext(
      call,
      when = 'before',
      error = new ModelspineError('target-unavailable', `${call} was told to fail`),
    ) {
      failures.push({ call, when, error })
    },
    busyNext: (retryAfterMs) => void busy.push({ kind: 'busy', retryAfterMs }),
    refuseNext: (reason, message) => void refusals.push({ kind: 'refused', reason, message }),
    enter(call) {
      const place = failures.findIndex((each) => each.call === call)
      const [failure] = place === -1 ? [] : failures.splice(place, 1)
      if (failure?.when === 'before') throw failure.error
      return () => {
        if (failure !== undefined) throw failure.error
      }
    },
    busy: () => busy.shift(),
    refusal: () => refusals.shift(),
  }
}
