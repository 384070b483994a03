import { describe, expect, it } from 'vitest'
import type { PricedModel } from '../../../src/cost/contract.ts'
import { type OwnPrice, priceTable } from '../../../src/cost/price-table.ts'
import { priceTableConformance } from '../../../src/testing/index.ts'

const own = { input: 1.25, output: 10, cacheRead: 0.125, tiers: [{ aboveInputTokens: 1000, input: 2.5 }] }
const pricing = priceTable({ prices: { openai: { 'gpt-4.1': own } } })

priceTableConformance({
  name: 'priceTable',
  describe,
  it,
  create: () => ({ subject: { prices: pricing, pricing, known: { provider: 'openai', model: 'gpt-4.1' } } }),
})

const fallback = {
  priceOf: ({ provider, model }: PricedModel) =>
    provider === 'openai' && model === 'gpt-4.1-mini'
      ? ({ currency: 'USD', source: 'list', input: 0.4, output: 1.6 } as const)
      : undefined,
}

describe('a table of own prices', () => {
  const table = priceTable({
    prices: {
      openai: { 'gpt-4.1': { input: 1, output: 2, date: '2026-11-30' } },
      azure: { 'prod-chat': { sameAs: { provider: 'openai', model: 'gpt-4.1-mini' } } },
      local: { '*': { call: 0 }, big: { call: 1, source: 'the bill of the cluster' } },
    },
    fallback,
  })

  it('has them over those of another table', () => {
    expect(table.priceOf({ provider: 'openai', model: 'gpt-4.1' })).toEqual({
      currency: 'USD',
      source: 'own',
      date: '2026-11-30',
      input: 1,
      output: 2,
    })
    expect(table.priceOf({ provider: 'openai', model: 'gpt-4.1-mini' })).toMatchObject({ source: 'list' })
  })

  it('gives a name the price of another one', () => {
    expect(table.priceOf({ provider: 'azure', model: 'prod-chat' })).toMatchObject({ input: 0.4 })
  })

  it('has one price for all other models of a provider', () => {
    expect(table.priceOf({ provider: 'local', model: 'any' })).toMatchObject({ call: 0, source: 'own' })
    expect(table.priceOf({ provider: 'local', model: 'big' })).toMatchObject({
      call: 1,
      source: 'the bill of the cluster',
    })
  })

  it('knows no price of a name that neither table has', () => {
    const unknown = [
      { provider: 'azure', model: 'other' },
      { provider: 'openai', model: 'constructor' },
      { provider: 'constructor', model: 'name' },
    ]
    expect(unknown.map((asked) => table.priceOf(asked))).toEqual([undefined, undefined, undefined])
    expect(priceTable({ prices: {} }).priceOf({ provider: 'openai', model: 'gpt-4.1-mini' })).toBeUndefined()
  })

  it('has its tiers in ascending order', () => {
    const tiers = [
      { aboveInputTokens: 9, input: 3 },
      { aboveInputTokens: 5, input: 2 },
    ]
    const asked = { provider: 'a', model: 'b' }
    const price = priceTable({ prices: { a: { b: { input: 1, tiers } } } }).priceOf(asked)
    expect(price?.tiers?.map(({ input }) => input)).toEqual([2, 3])
  })

  it.each([
    [{ input: -1 }, 'prices.openai.m.input is -1: give USD, 0 or more'],
    [{ output: Number.NaN }, 'prices.openai.m.output is NaN: give USD, 0 or more'],
    [
      { units: { searches: Number.POSITIVE_INFINITY } },
      'prices.openai.m.searches is Infinity: give USD, 0 or more',
    ],
    [{ input: '1' }, 'prices.openai.m.input is 1: give USD, 0 or more'],
    [
      { tiers: [{ aboveInputTokens: 1, output: -2 }] },
      'prices.openai.m.tiers[0].output is -2: give USD, 0 or more',
    ],
  ])('refuses a price that is no amount of money: %o', (price, message) => {
    const prices = { openai: { m: price as OwnPrice } }
    expect(() => priceTable({ prices })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message }),
    )
  })

  it.each([
    [{ openai: { m: { input: 1 } } }, 'openai', 'There are prices, fallback.'],
    [{ prices: { openai: { m: { inputs: 1 } } } }, 'prices.openai.m.inputs', 'Did you mean "input"?'],
    [{ prices: { openai: { m: 1 } } }, 'prices.openai.m', 'is a number: give an object'],
    [{ prices: { openai: 1 } }, 'prices.openai', 'is a number: give an object'],
    [
      { prices: { openai: { m: { tiers: [{ aboveInputTokens: 1, ouput: 2 }] } } } },
      'prices.openai.m.tiers[0].ouput',
      'Did you mean "output"?',
    ],
    [{ prices: { openai: { m: { tiers: {} } } } }, 'prices.openai.m.tiers', 'is an object: give a list'],
    [
      { prices: { azure: { m: { sameAs: { provider: 'openai' } } } } },
      'prices.azure.m.sameAs.model',
      'is missing: give a string',
    ],
    [{ fallback: { openai: {} } }, 'fallback', 'give an object with the method priceOf'],
  ])('refuses what would leave a price unknown: %j', (options, option, message) => {
    expect(() => priceTable(options as object)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field: option },
        message: expect.stringContaining(message),
      }),
    )
  })
})
