import type { Usage } from '../provider/contract.ts'
import type { Cost, TokenClass, UsageSums } from './contract.ts'

const tokenClasses: readonly TokenClass[] = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'longCacheWriteTokens',
  'reasoningTokens',
  'audioInputTokens',
  'audioOutputTokens',
  'imageInputTokens',
  'imageOutputTokens',
]

/** The place of each number: first the classes of tokens, then these. */
const requests = tokenClasses.length
const calls = requests + 1
const unknownCosts = calls + 1
const estimated = unknownCosts + 1
const dollars = estimated + 1
const pico = dollars + 1
const size = pico + 1

const picoPerUsd = 1e12

/** The most units of one entry. A vendor that invents names cannot fill the memory. */
const maxUnits = 16
const otherUnits = 'others'

/** Neither below zero nor endless, so that one false count does not spoil a sum for ever. */
function countOf(count: number | undefined): number {
  return count !== undefined && count > 0 && count <= Number.MAX_SAFE_INTEGER ? count : 0
}

/** Numbers that are added up without rounding errors: whole counts, and whole pico-dollars below one dollar. */
export class Sums {
  readonly #cells: Float64Array = new Float64Array(size)
  #units: Map<string, number> | undefined

  /** Sets this to one call, so that it can be added to several others. */
  setCall(usage: Usage, cost: Cost | undefined): void {
    const cells = this.#cells
    // One by one, because each request does it: a loop over names takes ten times as long.
    cells[0] = countOf(usage.inputTokens)
    cells[1] = countOf(usage.outputTokens)
    cells[2] = countOf(usage.cacheReadTokens)
    cells[3] = countOf(usage.cacheWriteTokens)
    cells[4] = countOf(usage.longCacheWriteTokens)
    cells[5] = countOf(usage.reasoningTokens)
    cells[6] = countOf(usage.audioInputTokens)
    cells[7] = countOf(usage.audioOutputTokens)
    cells[8] = countOf(usage.imageInputTokens)
    cells[9] = countOf(usage.imageOutputTokens)
    cells[calls] = 1
    cells[unknownCosts] = cost === undefined || cost.unknown.length === 0 ? 0 : 1
    cells[estimated] = usage.estimated === true ? 1 : 0
    cells[pico] = cost === undefined ? 0 : cost.picoUsd
    this.#units = usage.units && new Map(Object.entries(usage.units))
  }

  addRequest(): void {
    this.#cells[requests] = (this.#cells[requests] as number) + 1
  }

  add(other: Sums): void {
    const cells = this.#cells
    for (let place = 0; place < size; place += 1) {
      cells[place] = (cells[place] as number) + (other.#cells[place] as number)
    }
    const whole = Math.floor((cells[pico] as number) / picoPerUsd)
    if (whole > 0) {
      cells[dollars] = (cells[dollars] as number) + whole
      cells[pico] = (cells[pico] as number) - whole * picoPerUsd
    }
    if (other.#units === undefined) return
    for (const [name, count] of other.#units) this.#addUnit(name, count)
  }

  /** The numbers now. `isPriced`: whether there is a table of prices. */
  read(isPriced: boolean): UsageSums {
    const cells = this.#cells
    const at = (place: number): number => cells[place] as number
    const picoUsd = BigInt(at(dollars)) * BigInt(picoPerUsd) + BigInt(at(pico))
    return {
      requests: at(requests),
      calls: at(calls),
      tokens: Object.fromEntries(tokenClasses.map((name, place) => [name, at(place)])) as UsageSums['tokens'],
      units: Object.fromEntries(this.#units ?? []),
      usd: isPriced ? at(dollars) + at(pico) / picoPerUsd : undefined,
      picoUsd: isPriced ? picoUsd : undefined,
      unknownCosts: at(unknownCosts),
      estimated: at(estimated),
    }
  }

  #addUnit(name: string, count: number): void {
    this.#units ??= new Map()
    const units = this.#units
    const kept = units.has(name) || units.size < maxUnits ? name : otherUnits
    units.set(kept, (units.get(kept) ?? 0) + countOf(count))
  }
}
