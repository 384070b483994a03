import { ModelspineError } from 'modelspine/adapter'
import type { AwsFailure } from '../../shared/aws/aws-failure.ts'
import type { VendorMeaning } from '../../shared/vendor-client.ts'
import type { SagemakerCodes } from '../sagemaker-client.ts'

/** SageMaker says with `ValidationException` what is wrong, what is not there, and what is there already. */
export const registryCodes: SagemakerCodes = {
  owner: 'sagemakerRegistry',
  unavailable: 'registry-unavailable',
  refused: 'invalid-options',
  conflict: 'conflict',
  meaning: ({ code }: AwsFailure, message: string): VendorMeaning | undefined => {
    if (code === 'ResourceNotFound') return { code: 'model-not-found', message }
    if (code !== 'ValidationException' && code !== 'ValidationError') return undefined
    if (/does not exist|not found|could not find/i.test(message)) return { code: 'model-not-found', message }
    return /already exists/i.test(message) ? { code: 'conflict', message } : undefined
  },
}

export function notFound(
  message: string,
  details: Readonly<Record<string, unknown>>,
  retryable = false,
): ModelspineError {
  return new ModelspineError('model-not-found', message, { details, retryable })
}
