import { type Clock, sleep } from '../clock.ts'
import { ModelspineError } from '../errors.ts'

/**
 * How a memory target misbehaves until it is told otherwise.
 *
 * - `hang`: calls never answer and do no work, not even when the disturbance is lifted. An abort ends them.
 * - `deaf`: calls ignore their abort. When the disturbance is lifted, they do their work and answer.
 * - `fail`: calls throw `target-unavailable`.
 * - `rubbish`: calls do no work, and answer with an object that has none of the contract's fields.
 * - `slowMs`: calls wait that long before they begin. An abort ends the wait.
 */
export type Disturbance = 'hang' | 'deaf' | 'fail' | 'rubbish' | { readonly slowMs: number }

export interface Disturbable {
  /** Undefined ends the disturbance. */
  disturb(disturbance: Disturbance | undefined): void
}

export interface DisturbedCalls extends Disturbable {
  /** Runs a call of the target as the present disturbance wants it. */
  run<Call extends { readonly abortSignal?: AbortSignal }, Result>(
    call: Call,
    work: (call: Call) => Promise<Result>,
  ): Promise<Result>
}

export function createDisturbedCalls(clock: Clock): DisturbedCalls {
  let present: Disturbance | undefined
  let lifted = Promise.withResolvers<void>()

  return {
    disturb(disturbance) {
      present = disturbance
      lifted.resolve()
      lifted = Promise.withResolvers()
    },
    async run(call, work) {
      switch (present) {
        case undefined:
          return work(call)
        case 'hang':
          return untilAborted(call.abortSignal)
        case 'deaf': {
          const { abortSignal: _, ...deaf } = call
          await lifted.promise
          return work(deaf as typeof call)
        }
        case 'fail':
          throw new ModelspineError('target-unavailable', 'the target was told to fail every call')
        case 'rubbish':
          return { rubbish: true } as never
        default:
          await sleep(clock, present.slowMs, call.abortSignal)
          return work(call)
      }
    },
  }
}

function untilAborted(abortSignal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(aborted(abortSignal?.reason))
    if (abortSignal?.aborted) end()
    else abortSignal?.addEventListener('abort', end, { once: true })
  })
}

function aborted(cause: unknown): ModelspineError {
  return new ModelspineError('aborted', 'the call was aborted', { cause })
}
