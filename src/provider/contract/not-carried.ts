import { type ErrorOptions, isModelspineError, ModelspineError } from '../../errors.ts'

/** Like the brand of errors, so that two copies of the package know each other's refusals. */
const unsent = Symbol.for('modelspine.unsent')

/**
 * The error `unsupported` of a provider whose format cannot carry a request, thrown before anything was sent. The router
 * asks others then, and the refusal costs none of the route's attempts. An `unsupported` that a vendor answers is no such
 * error: it is made as any other, and was a call. `details.field` is the place in the request.
 */
export function notCarried(message: string, options: ErrorOptions = {}): ModelspineError {
  const error = new ModelspineError('unsupported', message, options)
  return Object.defineProperty(error, unsent, { value: true })
}

/** Whether the error says that a request was not carried, and so that no call was made. */
export function isNotCarried(error: unknown): boolean {
  return isModelspineError(error, 'unsupported') && unsent in error
}
