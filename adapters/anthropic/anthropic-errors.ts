import {
  type HttpReply,
  type ModelspineError,
  rateLimitsOf,
  readAnthropicError,
  retryAfterMs,
  scrubStart,
} from 'modelspine/adapter'
import { documentIn } from '../shared/provider/json-exchange.ts'

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
    body: documentIn(failed),
    clean,
    rateLimits: rateLimitsOf(failed.headers),
    vendorRequestId: failed.header('request-id'),
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}
