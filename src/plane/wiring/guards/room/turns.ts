import type { ModelspineError } from '../../../../errors.ts'
import type { Key } from '../../../../resources/metadata.ts'
import type { LoopHooks } from '../guarded-call.ts'
import type { Bulkhead } from './bulkhead.ts'

/** One wait for a turn, and the errors with which it ends when no turn comes. */
export interface Turn {
  readonly key: Key
  readonly abortSignal?: AbortSignal | undefined
  aborted(reason: unknown): ModelspineError
  stopped(): ModelspineError
}

/** The waits of runs that stand in a part's line. */
export class Turns {
  readonly #bulkhead: Bulkhead
  readonly #hooks: LoopHooks
  /** Each ends one wait. */
  readonly #stops = new Set<() => void>()

  constructor(bulkhead: Bulkhead, hooks: LoopHooks) {
    this.#bulkhead = bulkhead
    this.#hooks = hooks
  }

  /** Waits for the turn, then begins. The run of the deployment takes no place in the loop meanwhile. */
  wait<Answer>(
    { key, abortSignal, aborted, stopped }: Turn,
    begin: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const back = this.#hooks.aside(key)
      const end = (): void => {
        abortSignal?.removeEventListener('abort', onAbort)
        this.#stops.delete(stop)
        back()
      }
      const giveUp = (error: ModelspineError): void => {
        leaveLine()
        end()
        reject(error)
      }
      const onAbort = (): void => giveUp(aborted(abortSignal?.reason))
      const stop = (): void => giveUp(stopped())
      const leaveLine = this.#bulkhead.wait(key, this.#hooks.priorityOf(key), () => {
        end()
        try {
          resolve(begin())
        } catch (error) {
          reject(error)
        }
      })
      abortSignal?.addEventListener('abort', onAbort, { once: true })
      this.#stops.add(stop)
    })
  }

  /** Ends all waits. */
  close(): void {
    for (const stop of [...this.#stops]) stop()
  }
}
