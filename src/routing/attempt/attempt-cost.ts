import type { Cost, ModelPrice, PriceTable } from '../../cost/contract.ts'
import { costOf, costOfUntold } from '../../cost/cost-of.ts'
import type { Outcome } from '../../telemetry/contract.ts'
import type { Attempt } from './attempt.ts'
import type { ObserverGroup } from './observers.ts'

/**
 * What a call cost. Undefined for one that is not billed: it failed and the vendor gave no usage. A price by call is
 * the whole cost of a reply without usage, such as that of a prediction; without such a price its cost is unknown.
 */
export function attemptCost(
  prices: PriceTable,
  observers: Pick<ObserverGroup, 'guarded'>,
  attempt: Pick<Attempt, 'upstream' | 'usage' | 'replyModel'>,
  outcome: Outcome,
): Cost | undefined {
  const { usage } = attempt
  const isTold = hasCounts(usage)
  if (!isTold && outcome !== 'ok') return undefined
  let price: ModelPrice | undefined
  observers.guarded(() => {
    price = findPrice(prices, attempt)
  })
  return isTold || price?.call !== undefined ? costOf(usage, price) : costOfUntold
}

/**
 * By the name that was asked for. When the table does not know it, by the name in the reply: a deployment of Azure may
 * have any name, and tells its model there.
 */
function findPrice(
  prices: PriceTable,
  { upstream, replyModel }: Pick<Attempt, 'upstream' | 'replyModel'>,
): ModelPrice | undefined {
  const { provider, model } = upstream.identity
  const found = prices.priceOf({ provider, model })
  if (found !== undefined || replyModel === undefined || replyModel === model) return found
  return prices.priceOf({ provider, model: replyModel })
}

function hasCounts(usage: object): boolean {
  for (const _ in usage) return true
  return false
}
