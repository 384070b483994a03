import { describe, expect, it } from 'vitest'
import {
  checkOption,
  checkOptions,
  type OptionKinds,
} from '../../../../src/resources/problems/known-options.ts'

interface Kettle {
  readonly water: { pour(): void }
  readonly whistle?: () => void
  readonly label?: string
  readonly cups?: readonly string[]
  readonly handle?: { readonly colour: string }
  readonly litres?: number
}

const kinds: OptionKinds<Kettle> = {
  water: 'pour()!',
  whistle: 'function',
  label: 'string',
  cups: 'list',
  handle: 'object',
  litres: 'any',
}
const right = { water: { pour: () => {} } }

function refusal(options: unknown, within?: string): unknown {
  try {
    checkOptions(options as Kettle, kinds, within)
  } catch (error) {
    return error
  }
  return undefined
}

describe('the options of a factory', () => {
  it('may be all that there are, and those that are not needed may be undefined', () => {
    const all = { ...right, whistle: () => {}, label: '', cups: [], handle: { colour: 'red' }, litres: 1 }
    expect(refusal(all)).toBeUndefined()
    expect(refusal({ ...right, whistle: undefined, label: undefined })).toBeUndefined()
    expect(refusal({ water: Object.create({ pour: () => {} }) })).toBeUndefined()
  })

  it.each([
    [{ ...right, wistle: 'sk-secret' }, 'wistle', 'wistle is not an option. Did you mean "whistle"?'],
    [
      { ...right, apiKey: 'sk-secret' },
      'apiKey',
      'apiKey is not an option. There are water, whistle, label, cups, handle, litres.',
    ],
    [{ ...right, constructor: 1 }, 'constructor', /^constructor is not an option/],
    [{}, 'water', 'water is missing: give an object with the method pour'],
    [{ water: null }, 'water', 'water is null: give an object with the method pour'],
    [{ water: {} }, 'water', 'water is an object: give an object with the method pour'],
    [
      { water: () => right.water },
      'water',
      'water is a function: give an object with the method pour, such as a call of that function returns',
    ],
    [{ ...right, whistle: {} }, 'whistle', 'whistle is an object: give a function'],
    [{ ...right, label: 5 }, 'label', 'label is a number: give a string'],
    [{ ...right, cups: {} }, 'cups', 'cups is an object: give a list'],
    [{ ...right, handle: [] }, 'handle', 'handle is a list: give an object'],
    [{ ...right, handle: null }, 'handle', 'handle is null: give an object'],
    [undefined, 'options', 'options is missing: give an object'],
    ['kettle', 'options', 'options is a string: give an object'],
  ])('refuses %j for %s', (options, option, message) => {
    const error = refusal(options)
    expect(error).toMatchObject({
      code: 'invalid-options',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      details: { field: option },
    })
    expect(String(error)).not.toContain('sk-secret')
  })

  it('names the option that they are the value of', () => {
    expect(refusal({}, 'kettle')).toMatchObject({ details: { field: 'kettle.water' } })
    expect(refusal({ ...right, lable: '' }, 'kettle')).toMatchObject({
      message: 'kettle.lable is not an option. Did you mean "label"?',
    })
    expect(refusal(null, 'kettle')).toMatchObject({ message: 'kettle is null: give an object' })
  })

  it('checks one value alone', () => {
    expect(() => checkOption('strategy', { pick: () => {} }, 'pick()!')).not.toThrow()
    expect(() => checkOption('strategy', undefined, 'pick()')).not.toThrow()
    expect(() => checkOption('strategy', undefined, 'pick()!')).toThrow('strategy is missing')
  })

  it('have a list that the compiler compares with their type', () => {
    const all = kinds
    // @ts-expect-error: an option is missing
    const short: OptionKinds<Kettle> = { water: 'pour()!' }
    // @ts-expect-error: what must be given is not marked
    const optional: OptionKinds<Kettle> = { ...all, water: 'pour()' }
    // @ts-expect-error: the part has no such method
    const other: OptionKinds<Kettle> = { ...all, water: 'boil()!' }
    // @ts-expect-error: the option is no text
    const sort: OptionKinds<Kettle> = { ...all, cups: 'string' }
    const odd: OptionKinds<Kettle> = {
      ...all,
      // @ts-expect-error: there is no such option
      lid: 'any',
    }
    expect([short, optional, other, sort, odd]).toHaveLength(5)
  })
})
