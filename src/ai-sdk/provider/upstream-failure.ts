import type { APICallError } from '@ai-sdk/provider'
import { holdsError } from '../../dialects/openai/body-text.ts'
import { readOpenaiError } from '../../dialects/openai/error.ts'
import { isModelspineError, ModelspineError, messageOf } from '../../errors.ts'
import { rateLimitsOf, retryAfterMs } from '../../http/rate-limits.ts'
import { scrubbedCause, scrubStart, secretsOf } from '../../http/scrub.ts'
import type { ProviderFailure } from '../../provider/contract.ts'
import { isApiCallError, sdkFailure } from '../sdk-errors.ts'

export interface UpstreamCallFacts {
  /** The name of the model, for the message. */
  readonly model: string
  readonly abortSignal: AbortSignal
  /** A stream had begun: what breaks now is no connection that could not be made. */
  readonly hasBegun: boolean
  readonly nowMs: number
}

/**
 * What the error of a model of the AI SDK means. Its cause shows no prompts, no headers and no credentials, which the
 * SDK's own errors hold.
 */
export function upstreamFailure(thrown: unknown, facts: UpstreamCallFacts): ModelspineError {
  if (facts.abortSignal.aborted)
    return new ModelspineError('aborted', `the call of ${facts.model} was aborted`)
  if (isModelspineError(thrown)) return withoutOthers(thrown)
  const broken = facts.hasBegun ? 'interrupted' : 'unavailable'
  if (isApiCallError(thrown)) return apiFailure(thrown, facts, broken)
  const code = sdkFailure(thrown)
  if (code !== undefined) return told(code, thrown, facts)
  const { name } = thrown instanceof Error ? thrown : { name: '' }
  if (name === 'TimeoutError') return told('timeout', thrown, facts)
  if (thrown instanceof Error) return told(broken, thrown, facts)
  // An error in a stream may be what the vendor sent, as it sent it.
  return readOpenaiError({ body: thrown, clean: scrubStart })
}

/** A fallback's error keeps that of its last model, which is the app's own there, but not behind a route. */
function withoutOthers(error: ModelspineError): ModelspineError {
  const { code, message, cause, details, retryable, retryAfterMs } = error
  if (cause === undefined) return error
  return new ModelspineError(code, message, {
    details,
    retryable,
    cause: scrubbedCause(cause, []),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function apiFailure(error: APICallError, facts: UpstreamCallFacts, broken: ProviderFailure): ModelspineError {
  const { statusCode: status, responseHeaders = {}, responseBody } = error
  if (status === undefined) return told(sdkFailure(error.cause) ?? broken, error, facts)
  const body = parsed(responseBody)
  // Some servers answer 200 and put an error into the body.
  if (status < 400 && !holdsError(body))
    return told(sdkFailure(error.cause) ?? unusable(error.cause), error, facts)
  const secrets = secretsOf(responseHeaders)
  const afterMs = retryAfterMs(responseHeaders, facts.nowMs)
  const read = readOpenaiError({
    ...(status < 400 ? {} : { status }),
    body: body ?? error.message,
    clean: (text, longest) => scrubStart(text, longest, secrets),
    rateLimits: rateLimitsOf(responseHeaders),
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
  })
  return new ModelspineError(read.code, `${facts.model}: ${read.message}`, {
    details: read.details,
    retryable: read.retryable,
    cause: scrubbedCause(error, secrets),
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
  })
}

/** An answer whose body could not be read to its end, or that says nothing of use. */
function unusable(cause: unknown): ProviderFailure {
  return cause instanceof Error ? 'interrupted' : 'malformed-reply'
}

function told(code: ProviderFailure, thrown: unknown, { model }: UpstreamCallFacts): ModelspineError {
  const words = scrubStart(messageOf(thrown), 1000)
  return new ModelspineError(code, `${model}: ${words}`, { cause: scrubbedCause(thrown, []) })
}

function parsed(body: string | undefined): unknown {
  try {
    return body === undefined ? undefined : JSON.parse(body)
  } catch {
    return undefined
  }
}
