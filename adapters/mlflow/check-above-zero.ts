import { ModelspineError } from 'modelspine/adapter'

/** Throws `invalid-options` and names the field. */
export function checkAboveZero(fields: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value > 0) continue
    throw new ModelspineError('invalid-options', `${field} is ${value}: give a number above 0`, {
      details: { field },
    })
  }
}
