import {
  type HttpReply,
  holdsError,
  ModelspineError,
  rateLimitsOf,
  readAnthropicError,
  retryAfterMs,
  scrubStart,
} from 'modelspine/adapter'

export interface AnthropicFailureContext {
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly nowMs: () => number
}

/** Makes a ModelspineError of a failed reply, or of an error inside a reply or event that began with 200. */
export function failureOf(
  failed: HttpReply | { readonly body: unknown },
  context: AnthropicFailureContext,
): ModelspineError {
  const clean = (text: string, longest: number): string => scrubStart(text, longest, context.secrets)
  if ('body' in failed) return readAnthropicError({ body: failed.body, clean })
  const wait = retryAfterMs(failed.headers, context.nowMs())
  return readAnthropicError({
    status: failed.status,
    body: parsed(failed),
    clean,
    rateLimits: rateLimitsOf(failed.headers),
    vendorRequestId: failed.header('request-id'),
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}

/** The error for a JSON reply to a request that asked for a stream. */
export function noStream(reply: HttpReply, context: AnthropicFailureContext): ModelspineError {
  const body = parsed(reply)
  return holdsError(body)
    ? failureOf({ body }, context)
    : new ModelspineError(
        'malformed-reply',
        'the vendor answered with one JSON document, but the request asked for a stream',
      )
}

function parsed(reply: HttpReply): unknown {
  const text = reply.text()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
