import { ModelspineError, messageOf } from '../errors.ts'

/**
 * A body to send. Throws `bad-request` for what cannot be written as JSON, such as one nested too deep: the caller's
 * fault, for which no backend is to be blamed.
 */
export function jsonBody(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw new ModelspineError('bad-request', `the request cannot be written as JSON: ${messageOf(error)}`)
  }
}
