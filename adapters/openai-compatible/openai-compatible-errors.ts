import { type HttpReply, ModelspineError, readOpenaiError, retryAfterMs, scrub } from 'modelspine/adapter'
import { holdsError } from './chat-events.ts'

export interface OpenaiFailureContext {
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly nowMs: () => number
}

/** A reply that is none, or an error told within a reply or an event that began with 200. */
export function failureOf(
  failed: HttpReply | { readonly body: unknown },
  context: OpenaiFailureContext,
): ModelspineError {
  const clean = (text: string): string => scrub(text, context.secrets)
  if ('body' in failed) return readOpenaiError({ body: failed.body, clean })
  const wait = retryAfterMs(failed.headers, context.nowMs())
  return readOpenaiError({
    status: failed.status,
    body: parsed(failed),
    clean,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}

/** What it means that JSON came where a stream was asked for. */
export function noStream(reply: HttpReply, context: OpenaiFailureContext): ModelspineError {
  const body = parsed(reply)
  return holdsError(body)
    ? failureOf({ body }, context)
    : new ModelspineError(
        'malformed-reply',
        'the vendor answered one JSON document where a stream was asked for',
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
