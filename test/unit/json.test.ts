import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, formerJson, hasHalfPair, isRecord, sameJson } from '../../src/json.ts'

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

/** Appendix B of RFC 8785, without NaN and Infinity, which JSON does not have. */
const numbersOfTheRfc = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
] as const

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

  it.each(numbersOfTheRfc)('writes the number %s as %s', (bits, text) => {
    const bytes = Buffer.from(bits, 'hex')
    expect(canonicalJson([bytes.readDoubleBE()])).toBe(`[${text}]`)
  })

  it('writes the example of section 3.2.4 of RFC 8785 to the byte', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    const bytes =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d'
    expect(Buffer.from(canonicalJson(value)).toString('hex')).toBe(bytes)
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

describe('what RFC 8785 refuses', () => {
  it('is half of a surrogate pair, in a value or a name, and not text that looks like one', () => {
    for (const half of ['\ud800', '\udfff', 'a\udc00b']) {
      expect(hasHalfPair(canonicalJson({ text: half }))).toBe(true)
      expect(hasHalfPair(canonicalJson({ [half]: 1 }))).toBe(true)
    }
    for (const whole of ['\ud83d\ude00', '\\ud800', '\\\\ud800', '\u0000', 'ud800']) {
      expect(hasHalfPair(canonicalJson({ text: whole }))).toBe(false)
    }
    const unit = fc.constantFrom('\ud8ff', '\udfff', '\\', '\\ud800', 'ud8ff', '"', '\n', '😀', 'a')
    const text = fc.string({ unit })
    fc.assert(
      fc.property(text, (each) => {
        expect(hasHalfPair(canonicalJson([each]))).toBe(!each.isWellFormed())
      }),
    )
  })
})

describe('the JSON that was hashed before', () => {
  it('is the same, but where a name is a whole number', () => {
    const isIndex = (name: string): boolean => String(Number(name) >>> 0) === name && name !== '4294967295'
    const name = fc.string().filter((each) => !isIndex(each))
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.jsonValue({ maxDepth: 0 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(value, (each) => {
        expect(formerJson(each)).toBe(canonicalJson(each))
      }),
    )
    expect(formerJson({ a: 1, 10: 1, 9: 1, '-': 1 })).toBe('{"9":1,"10":1,"-":1,"a":1}')
    expect(canonicalJson({ a: 1, 10: 1, 9: 1, '-': 1 })).toBe('{"-":1,"10":1,"9":1,"a":1}')
  })
})
