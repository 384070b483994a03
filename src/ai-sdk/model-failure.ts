import type { APICallError } from '@ai-sdk/provider'
import { isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import { codeOfStatus } from '../provider/contract/code-of-status.ts'
import type { ProviderFailure } from '../provider/contract.ts'

/** By the marker, so that the errors of every copy of the AI SDK are known. */
const apiCallMarker = Symbol.for('vercel.ai.error.AI_APICallError')

/** Whether the error tells of a call over HTTP. */
export function isApiCallError(error: unknown): error is APICallError {
  return (
    typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[apiCallMarker] === true
  )
}

/** What an error of an AI SDK model means. The error itself is the cause. */
export function modelFailure(
  cause: unknown,
  { provider, modelId }: { readonly provider: string; readonly modelId: string },
): ModelspineError {
  if (isModelspineError(cause)) return cause
  const message = `${provider} ${modelId}: ${messageOf(cause)}`
  return new ModelspineError(codeOf(cause), message, { cause })
}

function codeOf(cause: unknown): ProviderFailure {
  if (!isApiCallError(cause) || cause.statusCode === undefined) return 'unavailable'
  return codeOfStatus(cause.statusCode)
}
