import { readOpenaiError } from '../dialects/openai/error.ts'
import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import { retryAfterMs } from '../http/rate-limits.ts'
import { scrubStart } from '../http/scrub.ts'
import { isRecord } from '../json.ts'
import type { ProviderFailure } from '../provider/contract.ts'
import { isApiCallError, sdkFailure } from './sdk-errors.ts'

/** The names that a model has in the AI SDK. */
export interface NamedModel {
  readonly provider: string
  readonly modelId: string
}

/** Errors of the platform. A model may have a limit of time of its own. */
const byName: ReadonlyMap<unknown, ProviderFailure> = new Map<unknown, ProviderFailure>([
  ['TimeoutError', 'timeout'],
  ['AbortError', 'interrupted'],
])

/**
 * What routes say that are models of the AI SDK. Their other errors mean the same here. An abort is theirs, not that of our
 * caller.
 */
const ofRoutes: Readonly<Partial<Record<ErrorCode, ProviderFailure>>> = {
  'no-route': 'not-found',
  stopped: 'unavailable',
  aborted: 'interrupted',
}

/** How many characters of an answer are read for its meaning, and shown of a message. */
const longestBody = 65_536
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
  const headers = isRecord(cause) && isRecord(cause.responseHeaders) ? cause.responseHeaders : {}
  const waitMs = retryAfterMs(headers as Record<string, string>, nowMs)
  return new ModelspineError(codeOf(cause), message, {
    cause,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  })
}

function codeOf(cause: unknown): ProviderFailure {
  if (!isRecord(cause)) return 'unavailable'
  const status = statusOf(cause)
  if (status === undefined && isApiCallError(cause)) return 'unavailable'
  const named = sdkFailure(cause) ?? byName.get(cause.name)
  if (status === undefined && named !== undefined) return named
  // The vendors whose format is not OpenAI's still write { error: { type, message } }.
  const read = readOpenaiError({
    ...(status !== undefined && { status }),
    body: bodyOf(cause),
    clean: () => '',
  })
  const code = read.code as ProviderFailure
  // The AI SDK knows of some statuses, such as 409, that they may pass.
  return code === 'bad-request' && cause.isRetryable === true ? 'unavailable' : code
}

function statusOf({ statusCode, status, code }: Readonly<Record<string, unknown>>): number | undefined {
  return [statusCode, status, code].find(
    (value): value is number => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600,
  )
}

/** What the vendor wrote: the text of its answer, or the error that it put into a stream. */
function bodyOf(cause: Readonly<Record<string, unknown>>): unknown {
  const { responseBody, data } = cause
  if (typeof responseBody === 'string' && responseBody.length <= longestBody) {
    try {
      return JSON.parse(responseBody)
    } catch {
      return responseBody
    }
  }
  return data ?? { ...cause, message: cause.message }
}

/** What a model's error says, without credentials. Streams carry errors as texts and as plain objects, too. */
export function modelMessage(cause: unknown): string {
  const inner = isRecord(cause) && isRecord(cause.error) ? cause.error : cause
  const text = isRecord(inner) && typeof inner.message === 'string' ? inner.message : messageOf(cause)
  return scrubStart(text, longestMessage)
}
