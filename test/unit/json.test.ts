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

describe('canonicalJson', () => {
  it('sorts names by their UTF-16 code units, as RFC 8785 does, also names that are numbers', () => {
    // The example of section 3.2.3, and numbers, which objects keep in an order of their own.
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
      '10': 'Ten',
      '9': 'Nine',
    }
    const names = [...canonicalJson(value).matchAll(/:"(.*?)"/g)].map(([, told]) => told)
    expect(names).toEqual([
      'Carriage Return',
      'One',
      'Ten',
      'Nine',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it('is read by every JSON parser as the same value, and is the same for each order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(text)
      }),
    )
  })

  it('leaves out and replaces what JSON.stringify leaves out and replaces', () => {
    const value = {
      a: undefined,
      b: [undefined, Number.NaN, () => 1],
      c: new Date(0),
      d: { toJSON: () => ({ z: 1, y: 2 }) },
      e: () => 1,
      f: -0,
    }
    expect(canonicalJson(value)).toBe(
      '{"b":[null,null,null],"c":"1970-01-01T00:00:00.000Z","d":{"y":2,"z":1},"f":0}',
    )
    expect(canonicalJson(undefined)).toBeUndefined()
    expect(() => canonicalJson(1n)).toThrow(TypeError)
  })

  it('writes null for the holes of a list', () => {
    const list: unknown[] = [1]
    list[2] = { b: 2, a: 1 }
    expect(canonicalJson(list)).toBe('[1,null,{"a":1,"b":2}]')
  })

  it('asks toJSON once, with the name of the member, as JSON.stringify does', () => {
    const itself = {
      b: 1,
      a: 2,
      toJSON() {
        return this
      },
    }
    const named = { toJSON: (name: string) => `<${name}>` }
    const value = { list: [named], itself, named }
    expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    expect(canonicalJson(value)).toBe('{"itself":{"a":2,"b":1},"list":["<0>"],"named":"<named>"}')
    expect(canonicalJson(named)).toBe('"<>"')
  })

  it('does not go on for ever with a value that contains itself', () => {
    const value: Record<string, unknown> = {}
    value.self = value
    expect(() => canonicalJson(value)).toThrow(RangeError)
  })
})
