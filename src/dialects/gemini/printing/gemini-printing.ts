import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatRequest, VendorOptions } from '../../../provider/contract.ts'
import { Carriage } from '../../carriage.ts'
import type { ChatPrinting } from '../../chat-codec.ts'
import { geminiTitle, googleVendor } from '../gemini-names.ts'

/** What differs between the services that read this format. */
export interface GeminiAbilities {
  /** Whether it reads objects of Cloud Storage (`gs:`). */
  readonly cloudStorage: boolean
  /** Whether it has files of its own, whose addresses are their ids. */
  readonly ownFiles: boolean
  /** Whether it takes no file by its address without a media type. */
  readonly needsMediaType: boolean
  /** Whether bytes and files may have a name. */
  readonly displayNames: boolean
  /** Whether the answer of a function may name files by their addresses. */
  readonly addressesInToolResults: boolean
  /** Whether it counts the tokens of a whole request. Otherwise it takes only what the prompt is made of. */
  readonly countsRequests: boolean
}

/** The Gemini API, which takes API keys. */
export const geminiApi: GeminiAbilities = {
  cloudStorage: false,
  ownFiles: true,
  needsMediaType: false,
  displayNames: false,
  addressesInToolResults: false,
  countsRequests: true,
}

/** Gemini in Vertex AI. */
export const vertexAi: GeminiAbilities = {
  cloudStorage: true,
  ownFiles: false,
  needsMediaType: true,
  displayNames: true,
  addressesInToolResults: true,
  countsRequests: false,
}

export interface GeminiPrinting extends ChatPrinting {
  /** Default: those of the Gemini API. */
  readonly abilities?: GeminiAbilities
}

/** What is known of the part that is being written. */
export interface GeminiContext {
  /** The vendors whose options are sent. */
  readonly vendors: readonly string[]
  /** The place of the part in the request, for errors. */
  readonly path: string
  readonly abilities: GeminiAbilities
  readonly carriage: Carriage
  readonly request: ChatRequest
  /** The ids of calls that the original of the request has. Others were made, and mean nothing beside it. */
  readonly ids?: ReadonlySet<string>
}

/** The `id` of a call or of its answer. */
export function wireId(id: string | undefined, { ids }: GeminiContext): JsonRecord {
  return id === undefined || ids?.has(id) === false ? {} : { id }
}

export function geminiContext(request: ChatRequest, printing: GeminiPrinting): GeminiContext {
  const { vendor, abilities = geminiApi, carriage = new Carriage(geminiTitle) } = printing
  return { vendors: [googleVendor, vendor], path: '', abilities, carriage, request }
}

export function at(context: GeminiContext, path: string): GeminiContext {
  return { ...context, path: context.path === '' ? path : `${context.path}.${path}` }
}

/** The options of Google. Those of other vendors are told as left out. */
export function ownOptions(
  { options }: { readonly options?: VendorOptions | undefined },
  { vendors, carriage, path }: GeminiContext,
): JsonRecord | undefined {
  if (options === undefined) return undefined
  carriage.options(path, options, vendors)
  const own = vendors.flatMap((vendor) => Object.entries(options[vendor] ?? {}))
  return own.length === 0 ? undefined : Object.fromEntries(own)
}

/** `said` with what the options say beside it. Of an object in both, the members are put together. */
export function withOptions(said: JsonRecord, options: JsonRecord | undefined): JsonRecord {
  if (options === undefined) return said
  const made: Record<string, unknown> = { ...options, ...said }
  for (const [name, value] of Object.entries(said)) {
    const more = options[name]
    if (isRecord(value) && isRecord(more)) made[name] = withOptions(value, more)
  }
  return made
}
