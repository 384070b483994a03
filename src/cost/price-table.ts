import { ModelspineError } from '../errors.ts'
import { checkOption, checkOptions, type OptionKinds } from '../resources/problems/known-options.ts'
import type { ModelPrice, PricedModel, Prices, PriceTable, PriceTier, Pricing } from './contract.ts'
import { costOfCall } from './cost-of-call.ts'

/** Prices as you write them: USD for a million tokens, for one call, for one unit. */
export interface OwnPrice extends Prices {
  readonly tiers?: readonly PriceTier[]
  /** Where the price is from. Default `own`. */
  readonly source?: string
  /** `2026-11-30`. */
  readonly date?: string
}

/** The price that `fallback` has for another name, such as the model behind a deployment of Azure. */
export interface SamePrice {
  readonly sameAs: PricedModel
}

export interface PriceTableOptions {
  /** By `gen_ai.provider.name`, then by the model's name there. `*` stands for all its other models. */
  readonly prices?: Readonly<Record<string, Readonly<Record<string, OwnPrice | SamePrice>>>>
  /** Asked for what `prices` does not have. Default: nothing, so its price is unknown. */
  readonly fallback?: PriceTable
}

const kinds: OptionKinds<PriceTableOptions> = { prices: 'object', fallback: 'priceOf()' }

const priceKinds: OptionKinds<Prices> = {
  input: 'any',
  output: 'any',
  cacheRead: 'any',
  cacheWrite: 'any',
  longCacheWrite: 'any',
  reasoning: 'any',
  audioInput: 'any',
  audioOutput: 'any',
  imageInput: 'any',
  imageOutput: 'any',
  call: 'any',
  units: 'object',
}
const ownKinds: OptionKinds<OwnPrice> = { ...priceKinds, tiers: 'list', source: 'string', date: 'string' }
const tierKinds: OptionKinds<PriceTier> = { ...priceKinds, aboveInputTokens: 'any' }
const sameKinds: OptionKinds<SamePrice> = { sameAs: 'object!' }
const namedKinds: OptionKinds<PricedModel> = { provider: 'string!', model: 'string!' }

/** Your own prices, over those of another table. Throws `invalid-options` for a price that is no amount of money. */
export function priceTable(options: PriceTableOptions): Pricing {
  checkOptions(options, kinds)
  const { prices = {}, fallback } = options
  const own = new Map<string, Map<string, ModelPrice | SamePrice>>()
  for (const [provider, models] of Object.entries(prices)) {
    checkOption(`prices.${provider}`, models, 'object!')
    const read = Object.entries(models).map(
      ([model, price]) => [model, readPrice(`${provider}.${model}`, price)] as const,
    )
    own.set(provider, new Map(read))
  }
  const table: Pricing = {
    priceOf(asked) {
      const models = own.get(asked.provider)
      const found = models?.get(asked.model) ?? models?.get('*')
      if (found === undefined) return fallback?.priceOf(asked)
      return 'sameAs' in found ? fallback?.priceOf(found.sameAs) : found
    },
    costOf: (call) => costOfCall(table, call),
  }
  return table
}

function readPrice(place: string, price: OwnPrice | SamePrice): ModelPrice | SamePrice {
  const option = `prices.${place}`
  checkOption(option, price, 'object!')
  if ('sameAs' in price) {
    checkOptions(price, sameKinds, option)
    checkOptions(price.sameAs, namedKinds, `${option}.sameAs`)
    return price
  }
  checkOptions(price, ownKinds, option)
  const { source = 'own', tiers, ...rest } = price
  checkPrices(place, rest)
  if (tiers === undefined) return { ...rest, currency: 'USD', source }
  for (const [index, tier] of tiers.entries()) {
    checkOptions(tier, tierKinds, `${option}.tiers[${index}]`)
    checkPrices(`${place}.tiers[${index}]`, tier)
  }
  const ascending = [...tiers].sort((left, right) => left.aboveInputTokens - right.aboveInputTokens)
  return { ...rest, currency: 'USD', source, tiers: ascending }
}

/** `date` is the one member that is no number. */
function checkPrices(place: string, { units = {}, date: _, ...prices }: Prices & { date?: string }): void {
  for (const [name, value] of [...Object.entries(prices), ...Object.entries(units)]) {
    if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) continue
    const message = `prices.${place}.${name} is ${value}: give USD, 0 or more`
    throw new ModelspineError('invalid-options', message, { details: { field: `prices.${place}.${name}` } })
  }
}
