import type { Priority } from '../../../reconcile/priority.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { WaitLimits } from './answer-in-time.ts'

/** One call of a part. */
export interface GuardedCall<Answer> extends WaitLimits {
  /** The method's name, as messages show it. */
  readonly verb: string
  /** Calls of one sort fail and recover together. Default: the verb. */
  readonly sort?: string
  /** How often the plane makes such a call, when that is less than every two minutes. */
  readonly everyMs?: number
  /** The deployment for which the loop calls. Absent for calls of people, whose number is not limited. */
  readonly key?: Key | undefined
  /** The call is not made when there is no room at once. It is then refused with `overloaded`. */
  readonly atOnce?: boolean
  /** The other deployments for which the call is made as well. They fail and recover with it. */
  readonly others?: readonly Key[]
  /** `abortSignal` fires when the caller's does, and when the limit has passed. */
  run(abortSignal: AbortSignal): PromiseLike<Answer> | Answer
  /** What is wrong with the answer, as the end of a sentence; undefined for a right answer. */
  wrong?(answer: unknown): string | undefined
  /**
   * Looks up secrets that the words of the part may hold; undefined when none are missing. The part's limit is met
   * by then. The words are shown after a short time also when this has not ended.
   */
  learn?(said: Said<Answer>): Promise<void> | undefined
  /** Removes secrets from an error of the part. */
  clean?(error: unknown): unknown
  /** Removes secrets from a right answer of the part. */
  hide?(answer: Answer): Answer
  /** The error that the answer tells of: the answer is given, and counts as a failure. */
  failure?(answer: Answer): unknown
}

/** What a part said. An answer may have a wrong form. */
export type Said<Answer> = { readonly answer: Answer } | { readonly error: unknown }

/** What a part asks of the loop. */
export interface LoopHooks {
  priorityOf(key: Key): Priority
  /** The run of the deployment waits until the answer is called. Meanwhile it takes no place of others. */
  aside(key: Key): () => void
  /** False when the deployment will not come, because nobody leads. */
  callBack(key: Key, priority: Priority): boolean
  /** The same, before others of the priority. */
  callFirst(key: Key, priority: Priority): boolean
  /** Calls back every deployment whose last run failed. */
  callBackFailed(): void
}

/** What the call's checks say about an answer, and what is shown of it. An answer may be anything, so reading it may throw. */
export function readAnswer<Answer>(
  call: GuardedCall<Answer>,
  answer: Answer,
): { readonly problem: string } | { readonly problem?: undefined; shown: Answer; failure: unknown } {
  try {
    const problem = call.wrong?.(answer)
    if (problem !== undefined) return { problem }
    return { shown: call.hide?.(answer) ?? answer, failure: call.failure?.(answer) }
  } catch {
    return { problem: 'it cannot be read' }
  }
}
