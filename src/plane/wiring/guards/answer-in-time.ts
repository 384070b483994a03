import type { Deadlines } from './deadlines.ts'

/** Limits of a wait. */
export interface WaitLimits {
  readonly limitMs: number
  readonly abortSignal?: AbortSignal | undefined
}

/** Is told how a wait ends: once by one of the first five, and then by `settled`, which may never come. */
export interface WaitEnd<Answer> {
  /** Gives the answer for the caller, or throws an error for the caller. */
  answered(answer: Answer): Answer | Promise<Answer>
  /** Throws the error for the caller. */
  failed(error: unknown): Promise<never>
  /** The limit has passed. Gives the error for the caller, which is also the reason of the abort. */
  late(): Error
  /** The caller's signal has fired. Gives the error for the caller. */
  aborted(reason: unknown): Error
  /** The plane has stopped. Gives the error for the caller. */
  stopped(): Error
  /** The called side has ended, in time or too late. */
  settled(): void
}

/**
 * The answer, or an error as soon as the limit has passed or the caller's signal has fired. `cancel` then
 * tells the called side. What the called side answers later is not used.
 */
export function answerInTime<Answer>(
  deadlines: Deadlines,
  answer: PromiseLike<Answer>,
  { limitMs, abortSignal }: WaitLimits,
  end: WaitEnd<Answer>,
  cancel: AbortController,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let waiting = true
    const stopWaiting = (): void => {
      waiting = false
      deadline.met()
      abortSignal?.removeEventListener('abort', onAbort)
    }
    const giveUp = (error: Error): void => {
      stopWaiting()
      reject(error)
      cancel.abort(error)
    }
    const onAbort = (): void => giveUp(end.aborted(abortSignal?.reason))
    const deadline = deadlines.begin(limitMs, (closed) => giveUp(closed ? end.stopped() : end.late()))
    abortSignal?.addEventListener('abort', onAbort, { once: true })
    answer.then(
      (value) => {
        end.settled()
        if (!waiting) return
        stopWaiting()
        try {
          resolve(end.answered(value))
        } catch (error) {
          reject(error)
        }
      },
      (error: unknown) => {
        end.settled()
        if (!waiting) return
        stopWaiting()
        resolve(end.failed(error))
      },
    )
  })
}
