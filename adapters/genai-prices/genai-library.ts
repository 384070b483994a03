import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { missingLibrary } from '../shared/missing-library.ts'

const packageName = '@pydantic/genai-prices'

/** The part of `@pydantic/genai-prices` that is used here. */
export interface GenaiLibrary {
  /** Null for a provider or a model that the package does not know. Throws for prices that contradict each other. */
  calcPrice(
    usage: Readonly<Record<string, number>>,
    model: string,
    options: { readonly providerId: string; readonly timestamp: Date },
  ): { readonly provider: { readonly id: string }; readonly model_price: GenaiPrice } | null
  /** Also finds a provider whose id is only like the one that was asked for. */
  findProvider(options: { readonly providerId: string }): { readonly id: string } | undefined
}

/** By the package's own names, such as `input_mtok`: USD for a million, a thousand or an hour. */
export type GenaiPrice = Readonly<Record<string, number | TieredPrice | undefined>>

/** A prompt of more than `start` tokens has the price of the tier for all its tokens. */
export interface TieredPrice {
  readonly base: number
  readonly tiers: readonly { readonly start: number; readonly price: number }[]
}

/** Throws `unsupported` where the package is not installed. */
export async function loadGenaiLibrary(): Promise<GenaiLibrary> {
  try {
    return (await import('@pydantic/genai-prices')) as unknown as GenaiLibrary
  } catch (cause) {
    throw missingLibrary('genaiPrices', packageName, cause)
  }
}

/** The package with its version, which says how old its prices are. Without it where an app is bundled. */
export async function sourceName(): Promise<string> {
  try {
    const main = createRequire(import.meta.url).resolve(packageName)
    const { version } = JSON.parse(await readFile(join(main, '../../package.json'), 'utf8'))
    return `${packageName} ${version}`
  } catch {
    return packageName
  }
}
