import { isModelspineError } from '../errors.ts'
import type { Priority } from './priority.ts'

/** How one look at a key ended. */
export type Result =
  /** Nothing to do until the key is added again. */
  | { readonly kind: 'done' }
  /** All is well, look again later. Forgets earlier failures. Priority defaults to `drift`. */
  | { readonly kind: 'requeue'; readonly afterMs: number; readonly priority?: Priority }
  /** Failed; tried again with backoff, and not before the `retryAfterMs` of a ModelspineError. */
  | { readonly kind: 'retry'; readonly cause: unknown }
  /** Failed, and trying again would not help. Looked at when the key is added again. */
  | { readonly kind: 'terminal'; readonly cause: unknown }

/**
 * What a throw means: `terminal` for a ModelspineError that says it is not retryable, else `retry`. `aborted` is a
 * retry, because somebody's wish to stop says nothing of the key.
 */
export function resultOfThrow(cause: unknown): Result {
  const lasting = isModelspineError(cause) && !cause.retryable && cause.code !== 'aborted'
  return { kind: lasting ? 'terminal' : 'retry', cause }
}

/** The result itself. Throws TypeError for what is none, since it comes from code of others. */
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
