import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addCosts } from '../../../src/cost/add-costs.ts'
import type { ModelPrice } from '../../../src/cost/contract.ts'
import { costOf } from '../../../src/cost/cost-of.ts'
import type { Usage } from '../../../src/provider/contract.ts'

const price: ModelPrice = {
  currency: 'USD',
  source: 'test',
  input: 2,
  output: 8,
  cacheRead: 0.5,
  cacheWrite: 2.5,
  longCacheWrite: 4,
  reasoning: 9,
  audioInput: 40,
  audioOutput: 80,
  imageInput: 5,
  imageOutput: 30,
  units: { searches: 0.01 },
}

const count = fc.nat({ max: 2_000_000 })
const optional = fc.option(count, { nil: undefined })

/** Usages as vendors tell them: a part is never more than its class. */
const usages: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: optional,
    outputTokens: optional,
    cacheReadTokens: optional,
    cacheWriteTokens: optional,
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
    searches: optional,
  })
  .map(({ shares, searches, ...classes }) => {
    const { inputTokens: input = 0, outputTokens: output = 0, cacheWriteTokens: write = 0 } = classes
    const part = (of: number, place: number): number => Math.floor((of * (shares[place] ?? 0)) / 3)
    const all: Record<string, number | undefined> = {
      ...classes,
      longCacheWriteTokens: part(write, 0),
      reasoningTokens: part(output, 1),
      audioInputTokens: part(input, 2),
      audioOutputTokens: part(output, 3),
      imageInputTokens: part(input, 4),
      imageOutputTokens: part(output, 5),
    }
    const told = Object.entries(all).filter(([, value]) => value !== undefined)
    return {
      ...Object.fromEntries(told),
      ...(searches !== undefined && { units: { searches } }),
    } as Usage
  })

/** Prices with up to six digits after the point, as price lists have them. */
const prices: fc.Arbitrary<ModelPrice> = fc
  .record(
    Object.fromEntries(
      ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning', 'audioInput', 'imageOutput'].map((name) => [
        name,
        fc.nat({ max: 200_000_000 }).map((millionths) => millionths / 1e6),
      ]),
    ),
    { requiredKeys: [] },
  )
  .map((given) => ({ currency: 'USD', source: 'test', ...given }))

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

describe('the cost of a call', () => {
  it('is the sum of its parts, to the last pico-dollar', () => {
    fc.assert(
      fc.property(usages, prices, (usage, given) => {
        const { picoUsd, parts, unknown, usd } = costOf(usage, given)
        expect(Number.isSafeInteger(picoUsd)).toBe(true)
        expect(sum(Object.values(parts) as number[])).toBe(picoUsd)
        expect(usd).toBe(unknown.length === 0 ? picoUsd / 1e12 : undefined)
      }),
    )
  })

  it('bills each token once, whatever parts have a price of their own', () => {
    fc.assert(
      fc.property(usages, fc.subarray(Object.keys(price).slice(2, -1)), (usage, left) => {
        // With one price for all, the cost counts the tokens.
        const flat = Object.fromEntries(
          ['input', 'output', 'cacheRead', 'cacheWrite', ...left].map((name) => [name, 1]),
        )
        const { picoUsd } = costOf({ ...usage, units: {} }, { currency: 'USD', source: 'flat', ...flat })
        const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage
        expect(picoUsd).toBe((inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens) * 1e6)
      }),
    )
  })

  it('is known, or names each class that was used and has no price, and is never 0 for it', () => {
    fc.assert(
      fc.property(usages, (usage) => {
        const { unknown, parts, usd } = costOf(usage, undefined)
        const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage
        const used = {
          input: inputTokens,
          cacheRead: cacheReadTokens,
          cacheWrite: cacheWriteTokens,
          output: outputTokens,
        }
        const named = Object.entries({ ...used, 'unit:searches': usage.units?.searches ?? 0 })
        expect(unknown).toEqual(named.filter(([, tokens]) => tokens > 0).map(([name]) => name))
        expect(parts).toEqual({})
        expect(usd).toBe(unknown.length === 0 ? 0 : undefined)
      }),
    )
  })

  it('has each class at its price', () => {
    const usage = {
      inputTokens: 1000,
      audioInputTokens: 100,
      imageInputTokens: 200,
      cacheReadTokens: 4000,
      cacheWriteTokens: 50,
      longCacheWriteTokens: 20,
      outputTokens: 500,
      reasoningTokens: 300,
      audioOutputTokens: 10,
      imageOutputTokens: 40,
      units: { searches: 3 },
    }
    const micro = 1e6
    expect(costOf(usage, price)).toEqual({
      usd: 0.044455,
      picoUsd: 44_455 * micro,
      parts: {
        input: 1400 * micro,
        audioInput: 4000 * micro,
        imageInput: 1000 * micro,
        cacheRead: 2000 * micro,
        cacheWrite: 75 * micro,
        longCacheWrite: 80 * micro,
        output: 1200 * micro,
        reasoning: 2700 * micro,
        audioOutput: 800 * micro,
        imageOutput: 1200 * micro,
        'unit:searches': 30_000 * micro,
      },
      unknown: [],
    })
  })

  it('takes audio out of the cached input when more was audio than was not cached', () => {
    const { parts } = costOf({ inputTokens: 10, cacheReadTokens: 90, audioInputTokens: 60 }, price)
    expect(parts).toEqual({ audioInput: 10 * 40e6, cacheRead: 90 * 0.5e6 })
  })

  it('has the prices of the longest tier that the whole prompt exceeds, cached tokens included', () => {
    const tiers = [
      { aboveInputTokens: 200, input: 4 },
      { aboveInputTokens: 1000, input: 6, output: 20 },
    ]
    const tiered = { ...price, tiers }
    const inputOf = (inputTokens: number, cacheReadTokens = 0) => {
      const { parts } = costOf({ inputTokens, cacheReadTokens, outputTokens: 1 }, tiered)
      return [(parts.input ?? 0) / inputTokens / 1e6, (parts.output ?? 0) / 1e6]
    }
    expect([inputOf(200), inputOf(201), inputOf(100, 101), inputOf(1, 1000)]).toEqual([
      [2, 8],
      [4, 8],
      [4, 8],
      [6, 20],
    ])
  })

  it('has a price for the call besides its tokens', () => {
    expect(costOf({ inputTokens: 1 }, { currency: 'USD', source: 'x', input: 1, call: 0.005 })).toMatchObject(
      {
        usd: 0.005001,
        parts: { input: 1e6, call: 5e9 },
      },
    )
  })

  it('says that its counts are estimates', () => {
    expect(costOf({ outputTokens: 5, estimated: true }, price)).toMatchObject({
      usd: 0.00004,
      estimated: true,
    })
    expect(costOf({ outputTokens: 5 }, price)).not.toHaveProperty('estimated')
  })

  it.each([Number.POSITIVE_INFINITY, 1e300, 1e10])(
    'is unknown for a count of %d, which cannot be true',
    (tokens) => {
      const cost = costOf({ inputTokens: tokens, outputTokens: 1 }, price)
      expect(cost).toMatchObject({ usd: undefined, unknown: ['input'], parts: { output: 8e6 } })
    },
  )

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('is unknown at a price of %d', (input) => {
    expect(costOf({ inputTokens: 1 }, { ...price, input }).unknown).toEqual(['input'])
  })

  it.each([Number.NaN, -5])('takes a count of %d for none', (tokens) => {
    expect(costOf({ inputTokens: tokens, outputTokens: tokens }, price)).toMatchObject({ usd: 0, parts: {} })
  })

  it('knows no price of a unit by the name of something that each object has', () => {
    expect(costOf({ units: { constructor: 1 } }, price).unknown).toEqual(['unit:constructor'])
  })
})

describe('the cost of two calls', () => {
  it('has the parts of both, and what is unknown of either', () => {
    fc.assert(
      fc.property(usages, usages, prices, prices, (one, other, at, otherAt) => {
        const [left, right] = [costOf(one, at), costOf(other, otherAt)]
        const both = addCosts(left, right)
        expect(both.picoUsd).toBe(left.picoUsd + right.picoUsd)
        expect(sum(Object.values(both.parts) as number[])).toBe(both.picoUsd)
        expect(new Set(both.unknown)).toEqual(new Set([...left.unknown, ...right.unknown]))
        expect(both.unknown).toHaveLength(new Set(both.unknown).size)
        expect(both.usd === undefined).toBe(left.usd === undefined || right.usd === undefined)
      }),
    )
  })

  it('is an estimate when one of them is', () => {
    const told = costOf({ outputTokens: 1 }, price)
    const cut = costOf({ outputTokens: 1, estimated: true }, price)
    expect([
      addCosts(told, cut).estimated,
      addCosts(cut, told).estimated,
      addCosts(told, told).estimated,
    ]).toEqual([true, true, undefined])
  })
})
