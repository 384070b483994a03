import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elementsOf, membersOf, patchMembers } from '../../../src/dialects/json-text.ts'

function namesIn(value: unknown): readonly string[] {
  const names: string[] = []
  JSON.stringify(value, (each, inner: unknown) => {
    names.push(each)
    return inner
  })
  return names
}

/**
 * JSON of any shape, with any spaces. No name in it holds a backslash: after such a name, the `JSON.parse` of Node 24 and
 * 26 reads another escaped name wrongly (https://github.com/nodejs/node/issues/63785), and it judges the results here.
 */
const spaced = fc
  .tuple(
    fc.jsonValue({ maxDepth: 3 }).filter((value) => !namesIn(value).some((each) => each.includes('\\'))),
    fc.constantFrom(undefined, 1, '\t', ' \r\n'),
  )
  .map(([value, spaces]) => JSON.stringify(value, null, spaces))
const name = fc.oneof(fc.constantFrom('a', 'model', '"', '__proto__'), fc.stringMatching(/^[ -!#-[\]-~é€]*$/))
const objectText = fc
  .tuple(fc.array(fc.tuple(name, spaced), { maxLength: 6 }), fc.constantFrom('', ' ', '\n\t'))
  .map(([entries, space]) => {
    const members = entries.map(
      ([key, value]) => `${space}${JSON.stringify(key)}${space}:${space}${value}${space}`,
    )
    return `${space}{${members.join(',') || space}}${space}`
  })

describe('membersOf', () => {
  it('finds each member of any object, with its value', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const found = membersOf(text).map(({ name, value, to }) => [name, JSON.parse(text.slice(value, to))])
        const last = new Map(found as [string, unknown][])
        expect(Object.fromEntries(last)).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })
})

describe('elementsOf', () => {
  it('finds each element of any list', () => {
    fc.assert(
      fc.property(fc.array(spaced, { maxLength: 5 }), fc.constantFrom('', ' \n'), (elements, space) => {
        const text = `[${space}${elements.join(`${space},${space}`)}${space}]`
        expect(elementsOf(text, 0).map(({ from, to }) => text.slice(from, to))).toEqual(elements)
      }),
      { numRuns: 200 },
    )
  })
})

describe('patchMembers', () => {
  it('changes, removes and adds only what it is told, and keeps the rest to the byte', () => {
    const edit = fc.option(spaced, { nil: undefined })
    fc.assert(
      fc.property(objectText, fc.dictionary(name, edit, { maxKeys: 4 }), (text, edits) => {
        const patched = patchMembers(text, edits)
        const expected = { ...JSON.parse(text) } as Record<string, unknown>
        for (const [key, value] of Object.entries(edits)) {
          if (value === undefined) delete expected[key]
          else
            Object.defineProperty(expected, key, {
              value: JSON.parse(value),
              enumerable: true,
              configurable: true,
            })
        }
        expect(JSON.parse(patched)).toEqual(expected)
        const kept = membersOf(text).filter((each) => !Object.hasOwn(edits, each.name))
        const left = membersOf(patched).filter((each) => !Object.hasOwn(edits, each.name))
        const texts = (all: typeof kept, of: string): string[] =>
          all.map(({ from, to }) => of.slice(from, to))
        expect(texts(left, patched)).toEqual(texts(kept, text))
      }),
      { numRuns: 300 },
    )
  })

  it('is the same text when there is nothing to change', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        expect(patchMembers(text, {})).toBe(text)
      }),
    )
    expect(patchMembers('{ "a" : 1 , "a":2 }', { a: '3', b: undefined })).toBe('{ "a" : 3 , "a":3 }')
  })
})
