import type { Cost, ModelPrice, PricedCall, PriceTable } from './contract.ts'
import { costOf } from './cost-of.ts'

/** What a call cost, by a table of prices. */
export function costOfCall(prices: PriceTable, call: PricedCall): Cost | undefined {
  const { usage, isAnswered } = call
  const isTold = hasCounts(usage)
  if (!isTold && !isAnswered) return undefined
  const price = findPrice(prices, call)
  return isTold || price?.call !== undefined ? costOf(usage, price) : untold
}

/** The cost of a reply that told no counts, unless its price is by call. */
const untold: Cost = { usd: undefined, picoUsd: 0, parts: {}, unknown: ['usage'] }

/**
 * By the name that was asked for. When the table does not know it, by the name in the reply: a deployment of Azure may
 * have any name, and tells its model there.
 */
function findPrice(prices: PriceTable, { provider, model, replyModel }: PricedCall): ModelPrice | undefined {
  const found = prices.priceOf({ provider, model })
  if (found !== undefined || replyModel === undefined || replyModel === model) return found
  return prices.priceOf({ provider, model: replyModel })
}

function hasCounts(usage: object): boolean {
  for (const _ in usage) return true
  return false
}
