import type { APICallError } from '@ai-sdk/provider'
import type { ProviderFailure } from '../provider/contract.ts'

/** What the errors of the AI SDK mean that come without a status. */
const meanings: ReadonlyMap<string, ProviderFailure> = new Map<string, ProviderFailure>([
  ['AI_InvalidPromptError', 'bad-request'],
  ['AI_InvalidArgumentError', 'bad-request'],
  ['AI_UnsupportedFunctionalityError', 'unsupported'],
  // A file that another vendor keeps.
  ['AI_NoSuchProviderReferenceError', 'unsupported'],
  ['AI_TooManyEmbeddingValuesForCallError', 'unsupported'],
  ['AI_LoadAPIKeyError', 'auth'],
  ['AI_LoadSettingError', 'auth'],
  ['AI_NoSuchModelError', 'not-found'],
  ['AI_JSONParseError', 'malformed-reply'],
  ['AI_TypeValidationError', 'malformed-reply'],
  ['AI_InvalidResponseDataError', 'malformed-reply'],
  ['AI_EmptyResponseBodyError', 'malformed-reply'],
  ['AI_NoContentGeneratedError', 'malformed-reply'],
])

/** By the markers, so that the errors of every copy of the AI SDK are known. */
function isMarked(error: unknown, name: string): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[Symbol.for(`vercel.ai.error.${name}`)] === true
  )
}

/** Whether the error tells of a call over HTTP. */
export function isApiCallError(error: unknown): error is APICallError {
  return isMarked(error, 'AI_APICallError')
}

/** What an error of the AI SDK means by its kind. Undefined for one that tells it by a status, and for any other error. */
export function sdkFailure(error: unknown): ProviderFailure | undefined {
  for (const [name, failure] of meanings) if (isMarked(error, name)) return failure
  return undefined
}
