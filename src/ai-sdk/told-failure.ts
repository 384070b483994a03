import { holdsError } from '../dialects/openai/body-text.ts'
import { readOpenaiError } from '../dialects/openai/error.ts'
import type { ModelspineError } from '../errors.ts'
import { rateLimitsOf, retryAfterMs } from '../http/rate-limits.ts'
import { isRecord } from '../json.ts'
import type { ProviderFailure } from '../provider/contract.ts'
import { isApiCallError, sdkFailure } from './sdk-errors.ts'

/** What an error of a model means, whoever asked the model. */
export interface ToldFailure {
  readonly code: ProviderFailure
  /** What the vendor said, where the error holds it. */
  readonly answer?: ModelspineError
  readonly retryAfterMs?: number
  /** The package of the vendor refused the call before it sent anything. */
  readonly unsent?: true
}

export interface FailureFacts {
  /** The time since the epoch, for a `retry-after` that is a date. */
  readonly nowMs: number
  /** What an error means that tells nothing: that the call broke off. */
  readonly broken: ProviderFailure
  /** The first `longest` characters of what the vendor wrote, without credentials: `scrubStart`. */
  readonly clean: (text: string, longest: number) => string
}

/** Errors of the platform. A model may have a limit of time of its own. */
const byName: ReadonlyMap<unknown, ProviderFailure> = new Map<unknown, ProviderFailure>([
  ['TimeoutError', 'timeout'],
  ['AbortError', 'interrupted'],
])

/** How many characters of an answer are read for its meaning. */
const longestBody = 65_536

/** Reads what a model threw, or put into its stream: an error of the AI SDK, of the platform, or what the vendor sent. */
export function toldFailure(cause: unknown, facts: FailureFacts): ToldFailure {
  if (!isRecord(cause)) return answered(readOpenaiError({ body: cause, clean: facts.clean }), {})
  const status = statusOf(cause)
  if (status === undefined) return withoutStatus(cause, facts)
  const body = bodyOf(cause)
  // Some servers answer 200 and put an error into the body.
  if (status < 400 && isApiCallError(cause) && !holdsError(body)) {
    return { code: sdkFailure(cause.cause) ?? unusable(cause.cause) }
  }
  const headers = headersOf(cause)
  const waitMs = retryAfterMs(headers, facts.nowMs)
  const waits = waitMs === undefined ? {} : { retryAfterMs: waitMs }
  const answer = readOpenaiError({
    ...(status < 400 && holdsError(body) ? {} : { status }),
    body,
    clean: facts.clean,
    rateLimits: rateLimitsOf(headers),
    ...waits,
  })
  return answered(answer, { ...waits, mayPass: cause.isRetryable === true })
}

/** The headers of the answer that an error tells of. */
export function headersOf(cause: unknown): Readonly<Record<string, string>> {
  const headers = isRecord(cause) ? cause.responseHeaders : undefined
  return isRecord(headers) ? (headers as Readonly<Record<string, string>>) : {}
}

function withoutStatus(
  cause: Readonly<Record<string, unknown>>,
  { broken, clean }: FailureFacts,
): ToldFailure {
  if (isApiCallError(cause)) return { code: sdkFailure(cause.cause) ?? broken }
  const named = sdkFailure(cause) ?? byName.get(cause.name)
  // Packages throw it where they write a call in the vendor's words.
  if (named === 'unsupported') return { code: named, unsent: true }
  if (named !== undefined) return { code: named }
  // The vendors whose format is not OpenAI's still write { error: { type, message } }.
  const told = answered(readOpenaiError({ body: bodyOf(cause), clean }), {})
  return told.code === 'unavailable' && cause instanceof Error ? { code: broken } : told
}

/** The AI SDK knows of some statuses, such as 409, that they may pass. */
function answered(
  answer: ModelspineError,
  { mayPass = false, ...waits }: { readonly mayPass?: boolean; readonly retryAfterMs?: number },
): ToldFailure {
  const code = answer.code as ProviderFailure
  return { code: code === 'bad-request' && mayPass ? 'unavailable' : code, answer, ...waits }
}

/** An answer whose body could not be read to its end, or that says nothing of use. */
function unusable(cause: unknown): ProviderFailure {
  return cause instanceof Error ? 'interrupted' : 'malformed-reply'
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
