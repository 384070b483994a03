import { isModelspineError } from '../errors.ts'
import type { Priority } from './priority.ts'

/** How one run for a key ended. */
export type Result =
  /** There is nothing to do until the key is added again. */
  | { readonly kind: 'done' }
  /**
   * Look again later. Forgets earlier failures. Priority defaults to `drift`. `cause` hindered a part of the
   * run that need not be tried again sooner.
   */
  | {
      readonly kind: 'requeue'
      readonly afterMs: number
      readonly priority?: Priority
      readonly cause?: unknown
    }
  /**
   * Failed. The key is tried again with backoff, and not before the `retryAfterMs` of a ModelspineError. But it
   * is looked at after `atMostMs` at the latest, because something else may be due then.
   */
  | { readonly kind: 'retry'; readonly cause: unknown; readonly atMostMs?: number }
  /** Failed, and trying again would not help. The key is looked at when it is added again. */
  | { readonly kind: 'terminal'; readonly cause: unknown }

/**
 * The result that a throw stands for: `terminal` for a ModelspineError that is not retryable, else `retry`.
 * `aborted` is a retry, because a wish to stop says nothing about the key.
 */
export function resultOfThrow(cause: unknown): Result {
  const lasting = isModelspineError(cause) && !cause.retryable && cause.code !== 'aborted'
  return { kind: lasting ? 'terminal' : 'retry', cause }
}

/**
 * The result itself. Throws TypeError for an invalid result, because the result comes from other people's
 * code.
 */
export function checkedResult(result: Result): Result {
  const kind: unknown = (result as Result | undefined)?.kind
  if (kind !== 'done' && kind !== 'requeue' && kind !== 'retry' && kind !== 'terminal') {
    throw new TypeError(
      `reconcile gave a result of kind ${String(kind)}: give done, requeue, retry or terminal`,
    )
  }
  if (result.kind === 'requeue' && !(result.afterMs >= 0)) {
    throw new TypeError(
      `reconcile gave afterMs ${result.afterMs}: give a number of milliseconds of at least 0`,
    )
  }
  return result
}
