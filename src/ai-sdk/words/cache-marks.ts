import type { JSONObject, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { Carriage } from '../../dialects/carriage.ts'
import { isRecord, sameJson } from '../../json.ts'
import type { CacheMark, ChatPart } from '../../provider/contract.ts'
import { ownName } from './dialect.ts'
import { vendorNamed } from './proofs.ts'

/** How packages of the AI SDK say a mark for the cache, in the provider options of what is marked. */
const spellings = [
  { entry: 'anthropic', member: 'cacheControl', type: 'ephemeral' },
  { entry: 'anthropic', member: 'cache_control', type: 'ephemeral' },
  { entry: 'bedrock', member: 'cachePoint', type: 'default' },
  { entry: 'amazonBedrock', member: 'cachePoint', type: 'default' },
] as const

/** Where a mark stands. A system message, a part and the result of a tool are parts. */
type MarkedPlace = 'part' | 'thought' | 'tool'

/**
 * The words that are written at each place, by the name of their vendor. Anthropic's thoughts take no mark, and Bedrock's
 * package reads none of tools.
 */
const wordsAt: Readonly<Record<MarkedPlace, Readonly<Record<string, (mark: CacheMark) => JSONObject>>>> = {
  part: { anthropic: anthropicWords, bedrock: bedrockWords },
  thought: { bedrock: bedrockWords },
  tool: { anthropic: anthropicWords },
}

const titles: Readonly<Record<string, string>> = { anthropic: 'Anthropic', bedrock: 'Bedrock' }

/** Provider options, taken apart. */
export interface SplitMark {
  readonly cacheMark?: CacheMark
  /** The options that say the mark. */
  readonly marking?: SharedV4ProviderOptions
  /** All others, if there are any. */
  readonly rest?: SharedV4ProviderOptions
}

/** Takes the mark out of the options. What says more than a mark can, or another mark than the first one, stays. */
export function splitMark(provided: SharedV4ProviderOptions | undefined): SplitMark {
  if (provided === undefined) return {}
  const rest = { ...provided }
  const marking: Record<string, JSONObject> = {}
  let cacheMark: CacheMark | undefined
  for (const { entry, member, type } of spellings) {
    const said = rest[entry]?.[member]
    const mark = markOf(said, type)
    if (said === undefined || mark === undefined || !sameJson(cacheMark ?? mark, mark)) continue
    cacheMark = mark
    marking[entry] = { ...marking[entry], [member]: said }
    const { [member]: _, ...others } = rest[entry] as JSONObject
    if (Object.keys(others).length > 0) rest[entry] = others
    else delete rest[entry]
  }
  if (cacheMark === undefined) return { rest: provided }
  return { cacheMark, marking, ...(Object.keys(rest).length > 0 && { rest }) }
}

/** Reads something with its mark. What only the AI SDK knows keeps the mark among its options. */
export function readMarked<Given extends { readonly providerOptions?: SharedV4ProviderOptions }>(
  given: Given,
  read: (given: Given) => ChatPart,
): ChatPart {
  const { cacheMark, rest } = splitMark(given.providerOptions)
  if (cacheMark === undefined) return read(given)
  const { providerOptions: _, ...bare } = given
  const part = read((rest === undefined ? bare : { ...bare, providerOptions: rest }) as Given)
  return part.type === 'opaque' ? read(given) : { ...part, cacheMark }
}

/** What is known of the part or tool that is being written. */
interface MarkContext {
  /** The name that the model gives its provider. */
  readonly provider: string
  readonly carriage: Carriage
  readonly path: string
}

/**
 * These options, and the mark. It stands there in the words of each vendor that can have one at this place, because a model
 * reads the words of its own vendor only, and a fallback may have models of several. It is told unless the model is known to
 * read it.
 */
export function withMark(
  provided: SharedV4ProviderOptions | undefined,
  cacheMark: CacheMark | undefined,
  context: MarkContext,
  place: MarkedPlace = 'part',
): { readonly providerOptions?: SharedV4ProviderOptions } {
  if (cacheMark === undefined) return provided === undefined ? {} : { providerOptions: provided }
  const words = wordsAt[place]
  tellUnread(Object.keys(words), context)
  const mark = knownMark(cacheMark, context)
  const said = Object.entries(words).map(([entry, say]) => [entry, { ...say(mark), ...provided?.[entry] }])
  return { providerOptions: { ...provided, ...Object.fromEntries(said) } }
}

/** Each vendor's options together. */
export function joinedOptions(
  options: SharedV4ProviderOptions | undefined,
  more: SharedV4ProviderOptions,
): SharedV4ProviderOptions {
  const joined = Object.entries(more).map(([entry, members]) => [entry, { ...options?.[entry], ...members }])
  return { ...options, ...Object.fromEntries(joined) }
}

function tellUnread(vendors: readonly string[], { provider, carriage, path }: MarkContext): void {
  const reader = readerOf(provider)
  // A route that is behind the model reads the words of all.
  if (reader === ownName || vendors.includes(reader)) return
  const words = vendors.map((vendor) => titles[vendor]).join(' and ')
  const isKnown = reader in titles
  carriage.approximate(
    `${path}.cacheMark`,
    isKnown ? 'left out' : `said in words of ${words}, which this model may not know`,
  )
}

/** Whose words a model reads: `anthropic.messages`, `bedrock.anthropic.messages`, `amazon-bedrock`. */
function readerOf(provider: string): string {
  const names = provider.split('.')
  return names.includes('anthropic') ? 'anthropic' : vendorNamed(names[0] ?? '')
}

/** Both vendors keep a prompt for five minutes or an hour. */
function knownMark({ ttl }: CacheMark, { carriage, path }: MarkContext): CacheMark {
  if (ttl === undefined) return {}
  if (ttl === '5m' || ttl === '1h') return { ttl }
  carriage.approximate(`${path}.cacheMark.ttl`, 'left out')
  return {}
}

/** Undefined for what says more than a mark, or something else. */
function markOf(said: unknown, expected: string): CacheMark | undefined {
  if (!isRecord(said)) return undefined
  const { type, ttl, ...more } = said
  if (type !== expected || Object.keys(more).length > 0) return undefined
  if (ttl === undefined) return {}
  return typeof ttl === 'string' ? { ttl } : undefined
}

function anthropicWords(mark: CacheMark): JSONObject {
  return { cacheControl: { type: 'ephemeral', ...mark } }
}

function bedrockWords(mark: CacheMark): JSONObject {
  return { cachePoint: { type: 'default', ...mark } }
}
