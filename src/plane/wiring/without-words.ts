import type { ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError } from '../../errors.ts'

const why = 'its words are withheld, because its secrets cannot be looked up'

/** What a target observed, without its words. Reasons of one word stay. */
export function observedWithoutWords({ revisions, operations, ...rest }: ObservedTarget): ObservedTarget {
  const kept = (reason: string | undefined) => (isOneWord(reason) ? { reason } : {})
  return {
    ...rest,
    revisions: revisions.map(({ reason, message: _, ...each }) => ({ ...each, ...kept(reason) })),
    operations: operations.map(({ reason, ...each }) => ({ ...each, ...kept(reason) })),
  }
}

export interface SpokenResult {
  readonly reason: string
  readonly message: string
}

/** What a target answered to a change or a check, without its words. A reason of one word stays. */
export function resultWithoutWords<Result extends SpokenResult>(result: Result): Result {
  const reason = isOneWord(result.reason) ? result.reason : 'Withheld'
  return { ...result, reason, message: `the target gave a reason, and ${why}` }
}

/** Stands for all warnings of a check. */
export const warningsWithheld: string = `the target warns, and ${why}`

/** An error of a target with its code and what follows from it for the next try, and without its words. */
export function errorWithoutWords(verb: string, error: unknown): ModelspineError {
  const message = `the target failed ${verb}, and ${why}`
  if (!isModelspineError(error))
    return new ModelspineError('target-unavailable', message, { retryable: true })
  const { code, retryable, retryAfterMs, details } = error
  return new ModelspineError(code, message, {
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(details.sent === false && { details: { sent: false } }),
  })
}

function isOneWord(reason: string | undefined): reason is string {
  return reason !== undefined && /^[A-Z][A-Za-z]{0,63}$/.test(reason)
}
