import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import { scrubStart } from '../http/scrub.ts'
import { isRecord } from '../json.ts'
import { notCarried } from '../provider/contract/not-carried.ts'
import type { ProviderFailure } from '../provider/contract.ts'
import { toldFailure } from './told-failure.ts'

/** The names that a model has in the AI SDK. */
export interface NamedModel {
  readonly provider: string
  readonly modelId: string
}

/**
 * What routes say that are models of the AI SDK. Their other errors mean the same here. An abort is theirs, not that of our
 * caller.
 */
const ofRoutes: Readonly<Partial<Record<ErrorCode, ProviderFailure>>> = {
  'no-route': 'not-found',
  stopped: 'unavailable',
  aborted: 'interrupted',
}

/** How many characters are shown of a message. */
const longestMessage = 1000

/**
 * What an error means that a model of the AI SDK threw, or put into its stream. The cause is that error, unchanged, because
 * it is the app's own. `nowMs` is the time since the epoch, for a `retry-after` that is a date. A ModelspineError of a
 * provider's failure stays.
 */
export function modelFailure(
  cause: unknown,
  { provider, modelId }: NamedModel,
  nowMs: number,
): ModelspineError {
  if (isModelspineError(cause)) {
    const code = ofRoutes[cause.code]
    return code === undefined ? cause : new ModelspineError(code, cause.message, { cause })
  }
  const message = `${provider} ${modelId}: ${modelMessage(cause)}`
  const told = toldFailure(cause, { nowMs, broken: 'unavailable', clean: nothing })
  if (told.unsent === true) return notCarried(message, { cause })
  return new ModelspineError(told.code, message, {
    cause,
    ...(told.retryAfterMs !== undefined && { retryAfterMs: told.retryAfterMs }),
  })
}

/** Only the meaning of the vendor's answer is wanted. */
function nothing(): string {
  return ''
}

/** What a model's error says, without credentials. Streams carry errors as texts and as plain objects, too. */
export function modelMessage(cause: unknown): string {
  const inner = isRecord(cause) && isRecord(cause.error) ? cause.error : cause
  const text = isRecord(inner) && typeof inner.message === 'string' ? inner.message : messageOf(cause)
  return scrubStart(text, longestMessage)
}
