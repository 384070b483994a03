import {
  type HttpReply,
  ModelspineError,
  rateLimitsOf,
  readOpenaiError,
  retryAfterMs,
  scrubStart,
} from 'modelspine/adapter'
import { documentIn } from '../provider/json-exchange.ts'

export interface OpenaiFailureContext {
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly nowMs: () => number
  /** What the vendor's own words mean, where they say more than the format's. */
  readonly meaning?: OpenaiMeaning | undefined
}

/** Another error for a failure of one vendor. `body` is what the vendor sent. */
export type OpenaiMeaning = (error: ModelspineError, body: unknown) => ModelspineError

/** Makes a ModelspineError of a failed reply, or of an error inside a reply or event that began with 200. */
export function failureOf(
  failed: HttpReply | { readonly body: unknown },
  context: OpenaiFailureContext,
): ModelspineError {
  const clean = (text: string, longest: number): string => scrubStart(text, longest, context.secrets)
  const { meaning = asItIs } = context
  if ('body' in failed) return meaning(readOpenaiError({ body: failed.body, clean }), failed.body)
  const wait = retryAfterMs(failed.headers, context.nowMs())
  const body = documentIn(failed)
  const error = readOpenaiError({
    status: failed.status,
    body,
    clean,
    rateLimits: rateLimitsOf(failed.headers),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
  const requestId = requestIdOf(failed)
  return meaning(
    requestId === undefined ? error : withDetails(error, { requestId: clean(requestId, 100) }),
    body,
  )
}

function asItIs(error: ModelspineError): ModelspineError {
  return error
}

/** The vendor's id of the request, which its support asks for. Azure's gateway gives its own. */
function requestIdOf(reply: HttpReply): string | undefined {
  return reply.header('x-request-id') ?? reply.header('apim-request-id')
}

/** The same error with more details, and with another code if one is given. */
export function withDetails(
  { code, message, details, retryAfterMs: wait }: ModelspineError,
  more: Readonly<Record<string, unknown>>,
  otherCode: ModelspineError['code'] = code,
): ModelspineError {
  return new ModelspineError(otherCode, message, {
    details: { ...details, ...more },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}
