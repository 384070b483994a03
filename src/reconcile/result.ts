import { isModelspineError } from '../errors.ts'
import type { Priority } from './priority.ts'

/** How one run for a key ended. */
export type Result =
  /** There is nothing to do until the key is added again. */
  | { readonly kind: 'done' }
  /** All is well; look again later. Forgets earlier failures. Priority defaults to `drift`. */
  | { readonly kind: 'requeue'; readonly afterMs: number; readonly priority?: Priority }
  /** Failed. The key is tried again with backoff, and not before the `retryAfterMs` of a ModelspineError. */
  | { readonly kind: 'retry'; readonly cause: unknown }
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
