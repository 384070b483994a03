import { ModelspineError } from '../errors.ts'

/** Throws `invalid-options` for a bound that is not a whole number of at least `least`. */
export function checkBound(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new ModelspineError(
    'invalid-options',
    `${option} is ${value}; give a whole number of at least ${least}`,
    { details: { field: option } },
  )
}
