import { asModelspineError, isModelspineError, ModelspineError } from '../../errors.ts'
import { modelMessage } from '../model-failure.ts'
import { isApiCallError } from '../sdk-errors.ts'
import type { ModelCall } from './model-call.ts'
import type { FallbackAttempt } from './options.ts'

/** The fields of an APICallError that apps read. */
const apiCallFields = [
  'url',
  'requestBodyValues',
  'statusCode',
  'responseHeaders',
  'responseBody',
  'data',
] as const

/** With these, `isInstance` of every copy of the AI SDK holds. */
const markers = ['vercel.ai.error', 'vercel.ai.error.AI_APICallError'].map((name) => Symbol.for(name))

/**
 * The error for the AI SDK. When the caller aborted, it is the reason of the abort, as from any model. Otherwise a
 * ModelspineError that tells all attempts in `details.attempts`, with the last model's own error as cause. If that one is
 * an APICallError, this one is an APICallError, too, with the same fields, but never `isRetryable`: the AI SDK would ask
 * all models again, after a pause.
 */
export function finalError(
  cause: unknown,
  {
    options: { abortSignal },
    attempts,
  }: Pick<ModelCall<{ readonly abortSignal?: AbortSignal }>, 'options' | 'attempts'>,
): unknown {
  if (abortSignal?.aborted && isModelspineError(cause, 'aborted')) return abortSignal.reason
  const {
    code,
    message,
    cause: own,
    retryable,
    retryAfterMs,
    details,
  } = asModelspineError(cause, 'unavailable', 'the models could not be asked')
  const failed = attempts.filter(({ outcome }) => outcome === 'failed')
  const thrown = failed.at(-1)?.error
  // The error of a route is ours and an APICallError at once. Its own cause has no status.
  const vendor = isApiCallError(thrown) ? thrown : (own ?? thrown)
  const error = new ModelspineError(code, failed.length > 1 ? allFailed(failed) : message, {
    ...(vendor !== undefined && { cause: vendor }),
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    details: { ...details, attempts: attempts.map(factsOf) },
  })
  if (isApiCallError(vendor)) {
    for (const name of apiCallFields) Object.defineProperty(error, name, { value: vendor[name] })
    for (const marker of markers) Object.defineProperty(error, marker, { value: true })
    Object.defineProperty(error, 'isRetryable', { value: false })
  }
  return error
}

function allFailed(failed: readonly FallbackAttempt[]): string {
  const each = failed.map(
    ({ provider, modelId, code, error }) => `${provider} ${modelId} (${code}): ${modelMessage(error)}`,
  )
  return `${failed.length} models failed: ${each.join('; ')}`
}

/** An attempt as programs read it, without the error itself, which holds the prompt. */
function factsOf({ error: _, ...facts }: FallbackAttempt): Omit<FallbackAttempt, 'error'> {
  return facts
}
