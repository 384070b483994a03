import { describe, expect, it } from 'vitest'
import type {
  Cost,
  ModelPrice,
  PricedCall,
  PricedModel,
  PriceTable,
  Pricing,
} from '../../../src/cost/contract.ts'
import { priceTable } from '../../../src/cost/price-table.ts'
import { brokenLaws, type PriceTableSubject, priceTableLaws } from '../../../src/testing/index.ts'

const known = { provider: 'acme', model: 'm1' }
const tiers = [
  { aboveInputTokens: 1000, input: 2 },
  { aboveInputTokens: 2000, input: 3 },
]
const sound = priceTable({ prices: { acme: { m1: { input: 1, output: 2, date: '2026-11-30', tiers } } } })

/** The sound table, with another answer for the known model. */
const saying = (change: (price: ModelPrice) => unknown): Partial<PriceTableSubject> => ({
  prices: {
    priceOf(asked) {
      const price = sound.priceOf(asked)
      return price && (change(price) as ModelPrice)
    },
  },
})
const asking = (priceOf: PriceTable['priceOf']): Partial<PriceTableSubject> => ({ prices: { priceOf } })
const costing = (costOf: (call: PricedCall) => Cost | undefined): Partial<PriceTableSubject> => ({
  pricing: { ...sound, costOf },
})
const changed = (change: Partial<Cost>): Partial<PriceTableSubject> =>
  costing((call) => ({ ...(sound.costOf(call) as Cost), ...change }))
const price = sound.priceOf(known) as ModelPrice

/** For each law, changes to a table each of which breaks it. */
const breaks: Readonly<Record<string, readonly Partial<PriceTableSubject>[]>> = {
  'answers at once, with a price in USD that says its source': [
    saying(async (told) => told),
    saying((told) => ({ ...told, currency: 'EUR' })),
    saying((told) => ({ ...told, source: ' ' })),
    saying((told) => ({ ...told, date: '30.11.2026' })),
    saying((told) => ({ ...told, date: '2026-02-30' })),
    asking(() => undefined),
    asking(() => {
      throw new Error('the file is away')
    }),
  ],
  'has no amount that is less than 0 or no number': [
    saying((told) => ({ ...told, output: -1 })),
    saying((told) => ({ ...told, cacheRead: Number.NaN })),
    saying((told) => ({ ...told, input: '1' })),
    saying((told) => ({ ...told, units: { searches: Number.POSITIVE_INFINITY } })),
    saying((told) => ({ ...told, tiers: [{ aboveInputTokens: 5, output: -1 }] })),
  ],
  'has its tiers from the lowest bound to the highest': [
    saying((told) => ({ ...told, tiers: [...tiers].reverse() })),
    saying((told) => ({ ...told, tiers: [{ aboveInputTokens: 0.5 }] })),
    saying((told) => ({ ...told, tiers: [tiers[0], tiers[0]] })),
  ],
  'says undefined for names that it does not know, whatever they are': [
    asking(() => price),
    asking(({ provider }) => ({ acme: price })[provider]),
    asking((asked) => {
      if (asked.model.length > 1000) throw new RangeError('too long')
      return sound.priceOf(asked)
    }),
  ],
  'has no price for a provider whose name is only like one that it knows': [
    asking(({ provider }) => (provider.includes('acme') ? price : undefined)),
    asking(({ provider }) => (provider.toLowerCase() === 'acme' ? price : undefined)),
    asking(({ provider }) => ('acme'.startsWith(provider) && provider !== '' ? price : undefined)),
  ],
  'says the same price again, also after it was asked for many others': [forgetful(), drifting()],
  'counts a cost in whole pico-dollars, as the sum of its parts': [
    changed({ parts: { input: 0.5 }, picoUsd: 0.5 }),
    changed({ picoUsd: 1 }),
    changed({ usd: 7, unknown: [] }),
    changed({ parts: {}, picoUsd: 0, usd: 0, unknown: [] }),
    costing(() => undefined),
  ],
  'names what has no price, and tells no whole cost then': [changed({ unknown: [] }), changed({ usd: 0 })],
  'bills no call that was not answered and told no usage': [
    costing((call) => sound.costOf({ ...call, isAnswered: true })),
    costing((call) => {
      const cost = sound.costOf(call)
      if (cost === undefined) return undefined
      const { estimated: _, ...rest } = cost
      return rest
    }),
  ],
}

/** A table whose memory of what it looked up has no room, and which does not look again. */
function forgetful(): Partial<PriceTableSubject> {
  let asked = 0
  return asking((model: PricedModel) => {
    asked += 1
    return asked > 1000 ? undefined : sound.priceOf(model)
  })
}

function drifting(): Partial<PriceTableSubject> {
  let input = 1
  return saying((told) => {
    input += 1
    return { ...told, input }
  })
}

const subjectOf = (change: Partial<PriceTableSubject>): PriceTableSubject => ({
  prices: sound,
  pricing: sound as Pricing,
  known,
  ...change,
})

describe('the kit of PriceTable', () => {
  it('reports no fault of a table that keeps the laws', async () => {
    expect(await brokenLaws('PriceTable', priceTableLaws, () => ({ subject: subjectOf({}) }))).toEqual([])
  })

  it('has broken tables for every law', () => {
    expect(Object.keys(breaks).sort()).toEqual(priceTableLaws.map(({ name }) => name).sort())
  })

  it.each(
    Object.entries(breaks).flatMap(([law, changes]) =>
      changes.map((change, place) => [law, place + 1, change] as const),
    ),
  )('reports a table that breaks the law: %s (%i)', async (law, _place, change) => {
    const laws = priceTableLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('PriceTable', laws, () => ({ subject: subjectOf(change) }))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of PriceTable "${law}"`),
    ])
  })
})
