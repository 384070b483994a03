import type { ModelPrice, Prices, PriceTier } from 'modelspine/adapter'
import type { GenaiPrice, TieredPrice } from './genai-library.ts'

type TokenPrice = Exclude<keyof Prices, 'call' | 'units'>

/** Prices of a million tokens. */
const tokens: Readonly<Record<string, TokenPrice>> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'longCacheWrite',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
}

/** Prices of so many units, by the names in `Usage.units`. */
const units: Readonly<Record<string, { readonly unit: string; readonly per: number }>> = {
  web_searches_kcount: { unit: 'searches', per: 1000 },
  input_mchars: { unit: 'characters', per: 1_000_000 },
  audio_hours: { unit: 'seconds', per: 3600 },
}

/** The package's price in our classes. What `Usage` cannot count is left out, such as cached audio. */
export function modelPrice(price: GenaiPrice, source: string): ModelPrice {
  const perUnit: Record<string, number> = {}
  for (const [name, { unit, per }] of Object.entries(units)) {
    const value = price[name]
    if (typeof value === 'number') perUnit[unit] = value / per
  }
  const { requests_kcount: calls } = price
  const tiers = tiersOf(price)
  return {
    currency: 'USD',
    source,
    ...pricesAt(price, (value) => (typeof value === 'number' ? value : value.base)),
    ...(typeof calls === 'number' && { call: calls / 1000 }),
    ...(Object.keys(perUnit).length > 0 && { units: perUnit }),
    ...(tiers.length > 0 && { tiers }),
  }
}

function tiersOf(price: GenaiPrice): PriceTier[] {
  const starts = new Set<number>()
  for (const name of Object.keys(tokens)) {
    const value = price[name]
    if (typeof value === 'object') for (const { start } of value.tiers) starts.add(start)
  }
  return [...starts]
    .sort((left, right) => left - right)
    .map((aboveInputTokens) => ({
      aboveInputTokens,
      ...pricesAt(price, (value) =>
        typeof value === 'number' ? undefined : tierAt(value, aboveInputTokens),
      ),
    }))
}

function tierAt({ base, tiers }: TieredPrice, start: number): number {
  let found = { start: Number.NEGATIVE_INFINITY, price: base }
  for (const tier of tiers) if (tier.start <= start && tier.start > found.start) found = tier
  return found.price
}

function pricesAt(
  price: GenaiPrice,
  read: (value: number | TieredPrice) => number | undefined,
): Partial<Record<TokenPrice, number>> {
  const prices: Partial<Record<TokenPrice, number>> = {}
  for (const [name, of] of Object.entries(tokens)) {
    const value = price[name]
    const amount = value === undefined ? undefined : read(value)
    if (amount !== undefined) prices[of] = amount
  }
  return prices
}
