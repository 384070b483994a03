import type { Usage } from '../provider/contract.ts'
import type { Cost, CostClass, ModelPrice, Prices } from './contract.ts'

/** Pico-dollars in one dollar. */
const picoPerUsd = 1e12
/** USD for a million tokens is so many pico-dollars a token. */
const picoPerMillionth = 1e6
/** No call costs more than 9,000 USD. So whatever is below a dollar can be added without a rounding error. */
const mostPico = 9000 * picoPerUsd

/**
 * What a call with this usage cost. Pure. Each token is billed once: cached reads and writes are classes of their
 * own, and a part with a price of its own is taken out of its class. A class without a price is in `unknown`, and so
 * is a count that cannot be true, which would cost more than 9,000 USD.
 *
 * Audio and images are taken out of the input that was not cached, because vendors do not say which of them were.
 */
export function costOf(usage: Usage, price: ModelPrice | undefined): Cost {
  const at = pricesFor(usage, price)
  const bill = new Bill()
  const { inputTokens = 0, outputTokens = 0, cacheWriteTokens = 0 } = usage

  let input = inputTokens
  input -= bill.part('audioInput', usage.audioInputTokens, input, at.audioInput)
  input -= bill.part('imageInput', usage.imageInputTokens, input, at.imageInput)
  bill.tokens('input', input, at.input)
  bill.tokens('cacheRead', usage.cacheReadTokens, at.cacheRead)
  const hourly = bill.part('longCacheWrite', usage.longCacheWriteTokens, cacheWriteTokens, at.longCacheWrite)
  bill.tokens('cacheWrite', cacheWriteTokens - hourly, at.cacheWrite)

  let output = outputTokens
  output -= bill.part('audioOutput', usage.audioOutputTokens, output, at.audioOutput)
  output -= bill.part('imageOutput', usage.imageOutputTokens, output, at.imageOutput)
  output -= bill.part('reasoning', usage.reasoningTokens, output, at.reasoning)
  bill.tokens('output', output, at.output)

  for (const name in usage.units) {
    bill.add(`unit:${name}`, usage.units[name], at.units?.[name], picoPerUsd)
  }
  if (at.call !== undefined) bill.add('call', 1, at.call, picoPerUsd)
  const { picoUsd, parts, unknown } = bill
  const usd = unknown.length === 0 ? picoUsd / picoPerUsd : undefined
  return usage.estimated === true
    ? { usd, picoUsd, parts, unknown, estimated: true }
    : { usd, picoUsd, parts, unknown }
}

const none: readonly CostClass[] = []
const noPrices: Prices = {}

class Bill {
  readonly parts: Record<string, number> = {}
  unknown: CostClass[] | readonly CostClass[] = none
  picoUsd = 0

  /** Bills a part of a class, if it has a price of its own. Gives how many tokens of the class that were. */
  part(name: CostClass, count = 0, ofClass: number, price: number | undefined): number {
    if (price === undefined || !(count > 0)) return 0
    const billed = Math.min(count, ofClass)
    this.tokens(name, billed, price)
    return billed
  }

  tokens(name: CostClass, count: number | undefined, price: number | undefined): void {
    this.add(name, count, price, picoPerMillionth)
  }

  add(name: CostClass, count = 0, price: number | undefined, scale: number): void {
    if (!(count > 0)) return
    const pico =
      price === undefined || !(price >= 0) ? Number.NaN : Math.round(count * Math.round(price * scale))
    // Also when it is not a number.
    if (!(this.picoUsd + pico <= mostPico)) {
      this.unknown = [...this.unknown, name]
      return
    }
    this.parts[name] = pico
    this.picoUsd += pico
  }
}

/** The prices for a prompt of this length. */
function pricesFor(usage: Usage, price: ModelPrice | undefined): Prices {
  if (price?.tiers === undefined) return price ?? noPrices
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage
  const prompt = inputTokens + cacheReadTokens + cacheWriteTokens
  const tier = price.tiers.findLast(({ aboveInputTokens }) => prompt > aboveInputTokens)
  return tier === undefined ? price : { ...price, ...tier }
}
