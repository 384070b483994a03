import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLibrary } from '../../../adapters/cedar/cedar-library.ts'
import { bounds, whole } from '../../../adapters/cedar/cedar-values.ts'

interface Told {
  readonly low: { readonly __extn: { readonly fn: string; readonly arg: string } }
  readonly high: { readonly __extn: { readonly fn: string; readonly arg: string } }
}

function ends(value: number): readonly [string, string] {
  const { low, high } = bounds(value) as unknown as Told
  return [low.__extn.arg, high.__extn.arg]
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.integer({ min: -20_000, max: 20_000 }).map((units) => units / 10_000),
)

describe('a number as decimals', () => {
  it.each([
    [0, '0.0000', '0.0000'],
    [-0, '0.0000', '0.0000'],
    [0.9, '0.9000', '0.9000'],
    [-0.05, '-0.0500', '-0.0500'],
    [0.89996, '0.8999', '0.9000'],
    [-0.89996, '-0.9000', '-0.8999'],
    [0.1 + 0.2, '0.3000', '0.3001'],
    [1e-300, '0.0000', '0.0001'],
    [123_456.5, '123456.5000', '123456.5000'],
    [1e21, '922337203685477.5807', '922337203685477.5807'],
    [-Number.MAX_VALUE, '-922337203685477.5808', '-922337203685477.5808'],
  ])('%s lies between %s and %s', (value, low, high) => {
    expect(ends(value)).toEqual([low, high])
  })

  it('is compared with every limit as the number itself', () => {
    const limit = fc.oneof(
      fc.integer({ min: -20_000, max: 20_000 }),
      fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    )
    fc.assert(
      fc.property(number, limit, (value, units) => {
        const [low, high] = ends(value).map((text) => BigInt(text.replace('.', '')))
        // Exact, because both have fewer digits than a double.
        const wanted = Number(`${units}e-4`)
        expect(low !== undefined && low >= BigInt(units)).toBe(value >= wanted)
        expect(high !== undefined && high <= BigInt(units)).toBe(value <= wanted)
      }),
    )
  })

  it('is one that Cedar reads, whatever the number', () => {
    const library = openLibrary()
    library.preparsePolicySet('open', { staticPolicies: { open: 'permit (principal, action, resource);' } })
    const uid = { type: 'Any', id: 'any' }
    fc.assert(
      fc.property(number, (value) => {
        const context = { value: bounds(value) }
        const call = { principal: uid, action: uid, resource: uid, context, entities: [] }
        expect(library.statefulIsAuthorized({ ...call, preparsedPolicySetId: 'open' })).toMatchObject({
          type: 'success',
        })
      }),
    )
  })
})

describe('a number as a Long', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [0.001, 1],
    [99.5, 100],
    [-0.5, 0],
    [1e300, Number.MAX_SAFE_INTEGER],
    [Number.NEGATIVE_INFINITY, Number.MIN_SAFE_INTEGER],
    [Number.NaN, Number.MAX_SAFE_INTEGER],
  ])('%s is %s', (value, long) => {
    expect(whole(value)).toBe(long)
  })
})
