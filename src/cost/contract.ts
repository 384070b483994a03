/**
 * What calls to models cost. A PriceTable says what a model charges for each class of its usage. The router
 * multiplies, and adds up.
 *
 * Money is counted in whole pico-dollars, 10⁻¹² USD. A price of a millionth of a dollar for a million tokens is one
 * pico-dollar a token. So a count times a price is a whole number, and sums have no rounding errors.
 *
 * What has no price is named and left out of the sum. It is never taken for free.
 */

import type { Usage } from '../provider/contract.ts'
import type { Key } from '../resources/metadata.ts'

export interface PriceTable {
  /**
   * The price of a model, or undefined when the table does not know it. Asked for each call that is billed, on its way
   * back to the caller. So it answers at once.
   */
  priceOf(model: PricedModel): ModelPrice | undefined
}

/** A table of prices together with the formula. A router takes it, and `priceTable` makes it. */
export interface Pricing extends PriceTable {
  /** What a call cost. Undefined for one that is not billed: it was not answered, and the vendor told no usage. */
  costOf(call: PricedCall): Cost | undefined
}

/** A call that has ended. */
export interface PricedCall extends PricedModel {
  /** The model's name in the reply. */
  readonly replyModel: string | undefined
  readonly usage: Usage
  /** Whether the caller has the whole answer. */
  readonly isAnswered: boolean
}

export interface PricedModel {
  /** `gen_ai.provider.name`, such as `openai`. */
  readonly provider: string
  /** The model's name at that provider. */
  readonly model: string
}

/**
 * Prices by class. What is left out has no price, with one exception: a part (reasoning, audio, images, writes that
 * are kept for an hour) without a price of its own costs what the class costs of which it is a part.
 */
export interface Prices {
  /** USD for a million tokens, as all prices of tokens. */
  readonly input?: number
  readonly output?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** Of the tokens in `cacheWrite` that are kept for an hour. */
  readonly longCacheWrite?: number
  readonly reasoning?: number
  readonly audioInput?: number
  readonly audioOutput?: number
  readonly imageInput?: number
  readonly imageOutput?: number
  /** USD for each call, besides its tokens. */
  readonly call?: number
  /** USD for one of each unit, by the names in `Usage.units`, such as `searches`. */
  readonly units?: Readonly<Record<string, number>>
}

export interface ModelPrice extends Prices {
  readonly currency: 'USD'
  /** Where the price is from, such as a package with its version. */
  readonly source: string
  /** The day of the price in its source, `2026-11-30`. Absent when the source does not tell. */
  readonly date?: string
  /** What long prompts cost, from the lowest bound to the highest. */
  readonly tiers?: readonly PriceTier[]
}

/** The prices of a call whose prompt is longer. All its tokens cost so. What is left out costs as without the tier. */
export interface PriceTier extends Prices {
  /** All tokens of the prompt, with cached reads and writes. The tier begins one token above. */
  readonly aboveInputTokens: number
}

/** A class of `Prices`, a unit, or `usage` for all of it: of a reply that told no counts. */
export type CostClass = Exclude<keyof Prices, 'units'> | `unit:${string}` | 'usage'

/** What one call cost, or one request with all its calls. */
export interface Cost {
  /** In USD. Undefined when a class has no price: then the cost is only known to be at least `picoUsd`. */
  readonly usd: number | undefined
  /** The sum of all parts, in pico-dollars: a whole number. */
  readonly picoUsd: number
  /** What each class cost, in pico-dollars. No token is in two of them. */
  readonly parts: Readonly<Partial<Record<CostClass, number>>>
  /** The classes that were used and have no price. */
  readonly unknown: readonly CostClass[]
  /** Set when the counts are estimates, because the vendor's never came. */
  readonly estimated?: true
}

/** The classes of tokens as `Usage` counts them. */
export type TokenClass =
  | 'inputTokens'
  | 'outputTokens'
  | 'cacheReadTokens'
  | 'cacheWriteTokens'
  | 'longCacheWriteTokens'
  | 'reasoningTokens'
  | 'audioInputTokens'
  | 'audioOutputTokens'
  | 'imageInputTokens'
  | 'imageOutputTokens'

/** Sums since a router was made. */
export interface UsageSums {
  /** Requests that have ended, also those that were refused. By model: those that it was asked last for. */
  readonly requests: number
  /** Calls to upstreams that have ended. */
  readonly calls: number
  /** Of all calls, with the meaning of `Usage`. */
  readonly tokens: Readonly<Record<TokenClass, number>>
  /** Other units by name. */
  readonly units: Readonly<Record<string, number>>
  /** What is known of the cost, in USD. Undefined without a table of prices. */
  readonly usd: number | undefined
  /** The same in pico-dollars, to the last one. */
  readonly picoUsd: bigint | undefined
  /** The calls of which something has no price. `usd` lacks that. */
  readonly unknownCosts: number
  /** The calls whose tokens are estimates. */
  readonly estimated: number
}

/** Sums by name. Those that were idle for longest when there were too many are added up in `others`. */
export interface UsageBy<Name> {
  /** `sinceMs` is later than the report's for a name that came later, or again after its sums went to `others`. */
  readonly entries: readonly (Name & UsageSums & { readonly sinceMs: number })[]
  readonly others: UsageSums
}

/** What all requests of a router used and cost. */
export interface UsageReport {
  /** Milliseconds since the epoch, when the counting began. */
  readonly sinceMs: number
  readonly total: UsageSums
  readonly routes: UsageBy<{ readonly route: Key }>
  readonly models: UsageBy<PricedModel>
  readonly actors: UsageBy<{ readonly actor: string }>
}
