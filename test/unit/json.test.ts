import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, isRecord, sameJson } from '../../src/json.ts'

/** The same value with its members in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

describe('sameJson', () => {
  it('is true exactly when the canonical texts are equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        expect(sameJson(left, right)).toBe(canonicalJson(left) === canonicalJson(right))
      }),
    )
  })

  it('ignores the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(sameJson(value, reversed(value))).toBe(true)
      }),
    )
  })

  it('counts a member that is undefined as absent', () => {
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true)
    expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(true)
    expect(sameJson({ a: 1 }, { a: 1, b: null })).toBe(false)
  })

  it('treats a list and an object with the same members as different', () => {
    expect(sameJson(['x'], { 0: 'x' })).toBe(false)
    expect(sameJson({}, [])).toBe(false)
  })
})
