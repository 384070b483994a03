import { isModelspineError } from '../../errors.ts'

/**
 * Whether a call was not made because its part has all the calls under way that it may have. That says nothing
 * about the part or the deployment.
 */
export function wasFull(error: unknown): boolean {
  return isModelspineError(error) && error.details.full === true
}
