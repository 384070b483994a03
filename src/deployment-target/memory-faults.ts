import { ModelspineError } from '../errors.ts'
import type { ApplyResult } from './contract.ts'

/** What a memory target can be told to do wrong. Each holds for one call, in the order told. */
export interface MemoryFaults {
  /**
   * The next such call throws `target-unavailable`, or `error`. `after` it did its work: the answer is lost, which
   * makes a difference for apply and destroy.
   */
  failNext(call: FaultyCall, when?: 'before' | 'after', error?: Error): void
  /** The next apply or destroy sends nothing and answers busy. */
  busyNext(retryAfterMs: number): void
  /** The next apply sends nothing and is refused. */
  refuseNext(reason: string, message: string): void
}

export type FaultyCall = 'apply' | 'observe' | 'list' | 'destroy'

export interface FaultQueue extends MemoryFaults {
  /** Throws what was told for before the call; the result calls what was told for after it. */
  enter(call: FaultyCall): () => void
  /** What the call answers instead of working. */
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
