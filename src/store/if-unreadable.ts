import { isModelspineError } from '../errors.ts'

/**
 * Passes over the error of one object that cannot be read, as in
 * `await store.get(kind, key).catch(ifUnreadable)`. Throws every other error again, also that of a status that
 * is too new: such an object is whole, and only this process cannot read it.
 */
export function ifUnreadable(error: unknown): undefined {
  if (isModelspineError(error, 'store-corrupt') && error.details.key !== undefined) return undefined
  throw error
}
