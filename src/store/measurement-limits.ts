import { ModelspineError } from '../errors.ts'
import type { Measurement } from './contract.ts'

/** The most characters of a measurement's body. */
export const maxMeasurementChars = 131_072

/** How many measurements a store keeps; above it, the oldest ones go. */
export const maxMeasurements = 2048

/** Throws `invalid-options` for a body that is too long. */
export function checkMeasurement({ body }: Measurement): void {
  if (body.length <= maxMeasurementChars) return
  throw new ModelspineError(
    'invalid-options',
    `the measurement has ${body.length} characters, and ${maxMeasurementChars} are the most: put it in parts`,
  )
}
