import { isModelspineError } from 'modelspine/adapter'
import type { SagemakerCodes } from '../sagemaker-client.ts'

/**
 * SageMaker has one code for a mistake, for what is not there and for what is under way. Only the text tells them apart.
 * "Could not find model data" is a mistake of the artifact, and not meant here.
 */
const absent = /\bCould not find (endpoint|endpoint configuration|model) ["']/i
const passing = /already existing|\bin[- ]progress\b/i

export const targetCodes: SagemakerCodes = {
  owner: 'sagemakerTarget',
  unavailable: 'target-unavailable',
  refused: 'target-refused',
  meaning({ code }, message) {
    if (code !== 'ValidationException' && code !== 'ResourceNotFound') return undefined
    if (code === 'ResourceNotFound' || absent.test(message)) {
      return { code: 'target-refused', message, retryable: false, details: { standing: 'absent' } }
    }
    if (!passing.test(message)) return undefined
    return { code: 'target-unavailable', message, retryable: true, details: { standing: 'passing' } }
  },
}

/** Undefined where SageMaker says that there is none. */
export async function unlessAbsent<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  return call.catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })
}

export function isAbsent(error: unknown): boolean {
  return isModelspineError(error, 'target-refused') && error.details.standing === 'absent'
}

/**
 * Whether a mutation met a state that passes: something is under way, is there already, or is not shown to SageMaker
 * itself yet.
 */
export function passes(error: unknown): boolean {
  return isAbsent(error) || (isModelspineError(error) && error.details.standing === 'passing')
}
