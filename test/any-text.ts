import fc from 'fast-check'

/**
 * Any code points, also halves of surrogate pairs. `fc.string` with the unit `binary` is much the same, but first spends a
 * second on a table of all code points.
 */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.integer({ min: 0, max: 0x10_ff_ff }))
  .map((points) => String.fromCodePoint(...points))
