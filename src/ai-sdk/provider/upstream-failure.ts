import { isModelspineError, ModelspineError, messageOf } from '../../errors.ts'
import { cleanCause, hideCredentials } from '../../http/credentials.ts'
import { scrubbedCause, scrubStart, secretsOf } from '../../http/scrub.ts'
import { notCarried } from '../../provider/contract/not-carried.ts'
import { headersOf, toldFailure } from '../told-failure.ts'

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
  const secrets = secretsOf(headersOf(thrown))
  const { code, answer, retryAfterMs, unsent } = toldFailure(thrown, {
    nowMs: facts.nowMs,
    broken: facts.hasBegun ? 'interrupted' : 'unavailable',
    clean: (text, longest) => scrubStart(text, longest, secrets),
  })
  const words = answer?.message ?? scrubStart(messageOf(thrown), 1000, secrets)
  const options = {
    ...(answer !== undefined && { details: answer.details }),
    ...(thrown instanceof Error && { cause: scrubbedCause(thrown, secrets) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  const message = `${facts.model}: ${words}`
  return unsent === true ? notCarried(message, options) : new ModelspineError(code, message, options)
}

/** A fallback's error keeps that of its last model, which is the app's own there, but not behind a route. */
function withoutOthers(error: ModelspineError): ModelspineError {
  const { code, message, cause, details, retryable, retryAfterMs } = error
  if (cause === undefined) return error
  return new ModelspineError(code, message, {
    details,
    retryable,
    cause: cleanCause(cause, hideCredentials),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
