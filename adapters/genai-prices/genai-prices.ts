import {
  type Clock,
  type ModelPrice,
  ModelspineError,
  type PriceTable,
  type Pricing,
  priceTable,
  systemClock,
} from 'modelspine/adapter'
import { type GenaiLibrary, loadGenaiLibrary, sourceName } from './genai-library.ts'
import { modelPrice } from './model-price.ts'
import { modelNameOf, providerIdOf } from './price-names.ts'

export interface GenaiPricesOptions {
  /**
   * By `gen_ai.provider.name`: the package's id of that provider, for a provider of yours with a name of its own, such
   * as `{ 'openai-eu': 'openai' }`. A name that is neither here nor the package's has no prices, however alike it is.
   */
  readonly providers?: Readonly<Record<string, string>>
  readonly clock?: Clock
}

/** Some prices depend on the time of day, and the package's data may be renewed. */
const keepMs = 60_000
/** The most models whose price is kept. A reply may name any model. */
const maxKept = 2000

/**
 * The prices of `@pydantic/genai-prices`, an optional library that this loads. They are those that its installed
 * version has, or that its own `updatePrices` has put in their place. Give them to a router, or to `priceTable` as the
 * fallback of your own. Throws `unsupported` where it is not installed,
 * and `invalid-options` for an id that it does not have.
 */
export async function genaiPrices(options: GenaiPricesOptions = {}): Promise<Pricing> {
  const { providers = {}, clock = systemClock } = options
  const library = await loadGenaiLibrary()
  for (const [name, id] of Object.entries(providers)) {
    if (library.findProvider({ providerId: id })?.id === id) continue
    const message = `providers.${name} is "${id}": give the id of a provider in @pydantic/genai-prices`
    throw new ModelspineError('invalid-options', message, { details: { field: `providers.${name}` } })
  }
  const source = await sourceName()
  const kept = new Map<string, Map<string, Kept>>()
  let size = 0

  const fallback: PriceTable = {
    priceOf({ provider, model }) {
      const nowMs = clock.now()
      const found = kept.get(provider)?.get(model)
      // A clock that was set back makes no price older than it is.
      if (found !== undefined && Math.abs(nowMs - found.atMs) < keepMs) return found.price
      if (found === undefined && size >= maxKept) {
        kept.clear()
        size = 0
      }
      const id = providerIdOf(provider, providers)
      const price = priceIn(library, id, modelNameOf(id, model), nowMs, source)
      const models = kept.get(provider) ?? new Map<string, Kept>()
      kept.set(provider, models.set(model, { price, atMs: nowMs }))
      if (found === undefined) size += 1
      return price
    },
  }
  return priceTable({ fallback })
}

interface Kept {
  readonly price: ModelPrice | undefined
  readonly atMs: number
}

function priceIn(
  { calcPrice }: GenaiLibrary,
  providerId: string,
  model: string,
  nowMs: number,
  source: string,
): ModelPrice | undefined {
  let found: ReturnType<typeof calcPrice>
  try {
    found = calcPrice({}, model, { providerId, timestamp: new Date(nowMs) })
  } catch {
    return undefined
  }
  // The package takes the nearest name: `my-openai` for OpenAI.
  return found === null || found.provider.id !== providerId
    ? undefined
    : modelPrice(found.model_price, source)
}
