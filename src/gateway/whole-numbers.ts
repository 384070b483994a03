import { ModelspineError } from '../errors.ts'

/** Throws `invalid-options` for the first option that is no whole number above 0. */
export function checkWholeNumbers(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new ModelspineError('invalid-options', `${name} is ${value}: give a whole number above 0`)
  }
}
