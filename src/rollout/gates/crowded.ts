import { isModelspineError } from '../../errors.ts'

/**
 * Whether a call was not made because its part has all the calls under way that it may have. That says nothing
 * about the part or the deployment. The deployment is called back when there is room.
 */
export function isCrowded(error: unknown): boolean {
  return isModelspineError(error) && error.details.crowded === true
}
