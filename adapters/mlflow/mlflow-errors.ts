import { type HttpReply, isModelspineError, ModelspineError } from 'modelspine/adapter'
import type { VendorMeaning, VendorWords } from '../shared/vendor-client.ts'
import { errorReply } from './mlflow-api.ts'

/**
 * MLflow writes errors as `{ error_code, message }`. What it has not is 404. What it takes for a mistake of the
 * caller is 400, and so is an alias that does not exist. Refused credentials are 401 as a page or 403 as a text.
 */
export const mlflowWords: VendorWords = {
  vendor: 'MLflow',
  unavailable: 'registry-unavailable',
  said: (reply) => errorIn(reply)?.message ?? undefined,
  meaning: (reply, said) => meaningOf(errorIn(reply)?.error_code, said),
}

function meaningOf(code: string | null | undefined, said: string): VendorMeaning | undefined {
  if (code === 'RESOURCE_DOES_NOT_EXIST') return { code: 'model-not-found', message: `MLflow: ${said}` }
  if (code === 'RESOURCE_ALREADY_EXISTS') return { code: 'conflict', message: `MLflow: ${said}` }
  if (code === 'INVALID_PARAMETER_VALUE' || code === 'BAD_REQUEST') {
    return { code: 'invalid-options', message: `MLflow: ${said}` }
  }
  return undefined
}

function errorIn(reply: HttpReply): ReturnType<typeof errorReply.parse> | undefined {
  try {
    return errorReply.safeParse(reply.json()).data
  } catch {
    return undefined
  }
}

/** What it means that MLflow finds a parameter of a look-up wrong: there is no such alias, or there can be none. */
export function lookupError(error: unknown): unknown {
  if (!isModelspineError(error, 'invalid-options')) return error
  const { message, details } = error
  const isMissing = /\balias\b.*\bnot found/i.test(message)
  return new ModelspineError(isMissing ? 'model-not-found' : 'invalid-reference', message, { details })
}

/**
 * Undefined for what MLflow does not have and for what it does not show to us. Throws all other errors: then it is not
 * known whether there is one.
 */
export async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | Missing> {
  try {
    return await answer
  } catch (error) {
    if (isModelspineError(error, 'model-not-found')) return 'missing'
    if (isModelspineError(error, 'auth') && error.details.status === 403) return 'hidden'
    throw error
  }
}

/** `hidden` may end when somebody grants a permission. */
export type Missing = 'missing' | 'hidden'

export function notFound(
  message: string,
  details: Readonly<Record<string, unknown>>,
  retryable = false,
): ModelspineError {
  return new ModelspineError('model-not-found', message, { details, retryable })
}
