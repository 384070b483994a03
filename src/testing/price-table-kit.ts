import assert from 'node:assert/strict'
import type { ModelPrice, PricedModel, Prices, PriceTable, Pricing } from '../cost/contract.ts'
import { messageOf } from '../errors.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'

/** A table of prices, and a model whose price it knows. */
export interface PriceTableSubject {
  readonly prices: PriceTable
  /** A model with a price, and not one that stands for all others of its provider. */
  readonly known: PricedModel
  /** The same table with its formula. Leave it out for a table that has none. */
  readonly pricing?: Pricing
}

/** Names that no table knows: nobody's, those that every object has, and those that could break a look-up. */
const unknown: readonly PricedModel[] = [
  { provider: 'nobody.at.all', model: 'no-such-model' },
  { provider: 'constructor', model: 'name' },
  { provider: '__proto__', model: 'toString' },
  { provider: '', model: '' },
  { provider: 'nobody \u0000%2e%2e/\ud800', model: 'x'.repeat(10_000) },
]

/** More than a table keeps that looks each of them up once. */
const manyNames = 5000

export const priceTableLaws: readonly Law<PriceTableSubject>[] = [
  {
    name: 'answers at once, with a price in USD that says its source',
    async check({ prices, known }) {
      const { currency, source, date } = priceOf(prices, known)
      assert.equal(currency, 'USD', 'the currency is not USD')
      assert.ok(typeof source === 'string' && source.trim() !== '', 'the price has no source')
      if (date !== undefined)
        assert.ok(isDay(date), `the date is ${date}: give a day as 2026-11-30, or leave it out`)
    },
  },
  {
    name: 'has no amount that is less than 0 or no number',
    async check({ prices, known }) {
      const { tiers = [], ...price } = priceOf(prices, known)
      const all = [amountsOf('', price), ...tiers.map((tier, place) => amountsOf(`tiers[${place}].`, tier))]
      for (const [name, amount] of all.flat()) {
        const isAmount = typeof amount === 'number' && amount >= 0 && Number.isFinite(amount)
        assert.ok(isAmount, `${name} is ${String(amount)}: give USD, 0 or more, or leave it out`)
      }
    },
  },
  {
    name: 'has its tiers from the lowest bound to the highest',
    async check({ prices, known }) {
      const bounds = (priceOf(prices, known).tiers ?? []).map(({ aboveInputTokens }) => aboveInputTokens)
      for (const [place, bound] of bounds.entries()) {
        assert.ok(Number.isSafeInteger(bound) && bound > 0, `the bound ${bound} is no number of tokens`)
        assert.ok(place === 0 || bound > Number(bounds[place - 1]), `the bounds are ${bounds.join(', ')}`)
      }
    },
  },
  {
    name: 'says undefined for names that it does not know, whatever they are',
    async check({ prices }) {
      for (const asked of unknown) {
        const what = JSON.stringify(asked).slice(0, 60)
        let price: unknown
        assert.doesNotThrow(() => {
          price = prices.priceOf(asked)
        }, `it throws for ${what}`)
        assert.ok(price === undefined, `it has a price for ${what}`)
      }
    },
  },
  {
    name: 'has no price for a provider whose name is only like one that it knows',
    async check({ prices, known: { provider, model } }) {
      for (const like of [
        `my-${provider}`,
        `${provider}-eu`,
        provider.toUpperCase(),
        provider.slice(0, -1),
      ]) {
        if (like === provider) continue
        const price = prices.priceOf({ provider: like, model })
        assert.ok(price === undefined, `it takes ${like} for ${provider}`)
      }
    },
  },
  {
    name: 'says the same price again, also after it was asked for many others',
    async check({ prices, known }) {
      const first = structuredClone(priceOf(prices, known))
      for (let place = 0; place < manyNames; place += 1) {
        prices.priceOf({ ...known, provider: `nobody-${place}` })
      }
      assert.deepEqual(priceOf(prices, known), first, 'the price is another one')
    },
  },
  {
    name: 'counts a cost in whole pico-dollars, as the sum of its parts',
    hooks: ['pricing'],
    async check(subject) {
      const usage = { inputTokens: 1001, outputTokens: 333, cacheReadTokens: 77 }
      const cost = costOf(subject, { usage, isAnswered: true })
      if (cost === undefined) assert.fail('an answered call has no cost')
      const parts = Object.values(cost.parts).map(Number)
      assert.ok(parts.every(Number.isSafeInteger), `not all are whole: ${parts.join(', ')}`)
      const sum = parts.reduce((all, part) => all + part, 0)
      assert.equal(cost.picoUsd, sum, `the cost is ${cost.picoUsd}, and its parts are ${sum}`)
      assert.ok(sum > 0 || priceIsZero(subject), 'the tokens cost nothing, although their price is not 0')
      if (cost.unknown.length === 0)
        assert.equal(cost.usd, sum / 1e12, `usd is ${cost.usd}, and the parts are ${sum} pico-dollars`)
    },
  },
  {
    name: 'names what has no price, and tells no whole cost then',
    hooks: ['pricing'],
    async check(subject) {
      const usage = { inputTokens: 10, units: { 'no-such-unit': 3 } }
      const cost = costOf(subject, { usage, isAnswered: true })
      const names = cost?.unknown ?? []
      assert.ok(names.includes('unit:no-such-unit'), 'a unit without a price is taken for free')
      assert.equal(cost?.usd, undefined, 'usd is told although something has no price')
    },
  },
  {
    name: 'bills no call that was not answered and told no usage',
    hooks: ['pricing'],
    async check(subject) {
      const cost = costOf(subject, { usage: {}, isAnswered: false })
      assert.ok(cost === undefined, 'a call that failed is billed')
      const cut = costOf(subject, { usage: { inputTokens: 10, estimated: true }, isAnswered: false })
      assert.equal(cut?.estimated, true, 'a cost of estimated counts does not say so')
    },
  },
]

/** Registers the laws of PriceTable as tests of one implementation. */
export function priceTableConformance(options: KitOptions<PriceTableSubject>): void {
  runKit('PriceTable', priceTableLaws, options)
}

function priceOf(prices: PriceTable, known: PricedModel): ModelPrice {
  let price: ModelPrice | undefined
  try {
    price = prices.priceOf(known)
  } catch (cause) {
    assert.fail(`it throws for the known model: ${messageOf(cause)}`)
  }
  assert.ok(price !== undefined, `it has no price for ${known.provider} ${known.model}`)
  assert.ok(!('then' in price), 'it answers with a promise')
  return price
}

function costOf(
  { pricing, known }: PriceTableSubject,
  call: Pick<Parameters<Pricing['costOf']>[0], 'usage' | 'isAnswered'>,
): ReturnType<Pricing['costOf']> {
  return pricing?.costOf({ ...known, replyModel: undefined, ...call })
}

function priceIsZero({ prices, known }: PriceTableSubject): boolean {
  const { input = 0, output = 0, call = 0 } = priceOf(prices, known)
  return input === 0 && output === 0 && call === 0
}

type Amount = readonly [name: string, amount: unknown]

/** All members that say an amount of money. */
function amountsOf(place: string, { units = {}, ...rest }: Prices & Partial<ModelPrice>): readonly Amount[] {
  const isText = new Set(['currency', 'source', 'date', 'aboveInputTokens', 'tiers'])
  const own = Object.entries(rest).filter(([name, amount]) => !isText.has(name) && amount !== undefined)
  return [...own, ...Object.entries(units)].map(([name, amount]) => [`${place}${name}`, amount])
}

/** Whether it is a day of the calendar, such as `2026-11-30`. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text
}
