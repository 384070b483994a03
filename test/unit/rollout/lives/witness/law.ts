import { AssertionError } from 'node:assert'

/** Throws when a law does not hold. Cheap enough to be asked a million times. */
export function law(holds: boolean, broken: string | (() => string)): asserts holds {
  if (!holds) throw new AssertionError({ message: typeof broken === 'string' ? broken : broken() })
}
