import { ModelspineError } from 'modelspine/adapter'

/** `invalid-options` that names the field. `fault` says what it is, and what would be right. */
export function wrongOption(field: string, fault: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field} ${fault}`, { details: { field } })
}
