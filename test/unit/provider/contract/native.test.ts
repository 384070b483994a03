import { describe, expect, it } from 'vitest'
import { sameJson } from '../../../../src/json.ts'
import {
  type HasNative,
  Native,
  nativeBody,
  nativeObject,
  nativeText,
  originalOf,
  withNative,
  withNativeObject,
} from '../../../../src/provider/contract.ts'

interface Said extends HasNative {
  readonly words: readonly string[]
  readonly model?: string
}

const dialect = 'objects'
const form = {
  bytes: Uint8Array.of(1, 2, 255),
  at: new Date(0),
  where: new URL('https://example.com/a?b'),
  nested: [{ bytes: Uint8Array.of(7) }],
}

function said(): Said {
  return withNativeObject<Said>({ words: ['a', 'secret'] }, dialect, form)
}

describe('a native form that is an object', () => {
  it('is given as it is, with bytes, dates and addresses', () => {
    expect(nativeObject(said(), dialect)).toBe(form)
    expect(nativeObject({ ...said() }, dialect)).toBe(form)
    expect(originalOf(said(), dialect)?.object).toBe(form)
  })

  it('has a text and a body, made when they are asked for', () => {
    let written = 0
    const counted = withNativeObject<Said>({ words: [] }, dialect, { toJSON: () => ({ count: ++written }) })
    expect(nativeObject(counted, dialect)).toBeDefined()
    expect(written).toBe(0)
    expect(nativeText(counted, dialect)).toBe('{"count":1}')
    expect(nativeBody(counted, dialect)).toEqual({ count: 1 })
    expect(originalOf(counted, dialect)?.text).toBe('{"count":1}')
    expect(JSON.parse(nativeText(said(), dialect) ?? '')).toEqual({
      bytes: 'AQL/',
      at: '1970-01-01T00:00:00.000Z',
      where: 'https://example.com/a?b',
      nested: [{ bytes: 'Bw==' }],
    })
  })

  it('is gone once the value was edited, in whatever way it was copied', () => {
    const edited = { ...said(), words: ['a', '***'] }
    expect(nativeObject(edited, dialect)).toBeUndefined()
    expect(nativeText(edited, dialect)).toBeUndefined()
    expect(nativeBody(edited, dialect)).toBeUndefined()
    expect(nativeObject({ ...said(), words: ['a', 'secret'] } as Said, dialect)).toBe(form)
  })

  it('stays gone when the edited value is bound again', () => {
    const edited = Native.bind<Said>({ ...said(), words: ['***'] })
    expect(nativeObject(edited, dialect)).toBeUndefined()
    expect(originalOf(edited, dialect)?.value.words).toEqual(['a', 'secret'])
  })

  it('is not given for another dialect, nor is a text given as an object', () => {
    expect(nativeObject(said(), 'other')).toBeUndefined()
    expect(nativeObject(withNative<Said>({ words: [] }, dialect, '{}'), dialect)).toBeUndefined()
    expect(originalOf(withNative<Said>({ words: [] }, dialect, '{}'), dialect)?.object).toBeUndefined()
  })

  it('cannot be printed when it contains itself, which is the fault of the caller', () => {
    const ring: Record<string, unknown> = {}
    ring.ring = ring
    const value = withNativeObject<Said>({ words: [] }, dialect, ring)
    expect(() => nativeText(value, dialect)).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })
})

describe('sameJson', () => {
  it('tells dates and addresses apart by what they write', () => {
    expect(sameJson({ at: new Date(0) }, { at: new Date(1) })).toBe(false)
    expect(sameJson({ at: new Date(0) }, { at: new Date(0) })).toBe(true)
    expect(sameJson(new Date(0), {})).toBe(false)
    expect(sameJson({}, new Date(0))).toBe(false)
    expect(sameJson(new URL('http://a/'), new URL('http://b/'))).toBe(false)
    expect(sameJson(Uint8Array.of(1), Uint8Array.of(2))).toBe(false)
  })
})
