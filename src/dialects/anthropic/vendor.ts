import { isRecord, type JsonRecord } from '../../json.ts'
import type { CacheMark, Signed, VendorOptions } from '../../provider/contract.ts'

/** The dialect of Anthropic's messages, which some other servers and gateways take, too. */
export const anthropicDialect = 'anthropic-messages'

/** The vendor of parts and options that only this format has. */
export const anthropicVendor = 'anthropic'

/** The format's name in messages for people. */
export const anthropicTitle = "Anthropic's messages"

/** Bedrock serves the same models, and each of both takes back what the other one signed. */
export function isOwnSignature({ signedBy }: Signed): boolean {
  return signedBy === undefined || signedBy === anthropicVendor || signedBy === 'bedrock'
}

interface Besides {
  readonly cacheMark?: CacheMark
  readonly options?: VendorOptions
}

const markFields: ReadonlySet<string> = new Set(['type', 'ttl'])

/** What is read of the source of an image or a document, by its type. */
const sourceFields: ReadonlyMap<unknown, ReadonlySet<string>> = new Map([
  ['base64', new Set(['type', 'media_type', 'data'])],
  ['text', new Set(['type', 'media_type', 'data'])],
  ['url', new Set(['type', 'url'])],
  ['file', new Set(['type', 'file_id'])],
])

/** The mark of a cache, and what the contract has no field for as options of this vendor. */
export function besides(record: JsonRecord, known: ReadonlySet<string>): Besides {
  const cacheMark = cacheMarkOf(record.cache_control)
  const sourceKnown = known.has('source') ? sourceFields.get(recordOf(record.source).type) : undefined
  const outer = restOf(record, known)
  const rest = sourceKnown === undefined ? outer : withInner(outer ?? {}, record, 'source', sourceKnown)
  if (cacheMark === undefined) return optionsOf(rest)
  const { cache_control: _mark, ...others } = rest ?? {}
  const more = withInner(others, record, 'cache_control', markFields)
  return { cacheMark, ...optionsOf(more) }
}

const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'caller'])
const foreignCallFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input'])

/** What is read of a call. Its caller is said again only where it is not the model itself. */
export function callFieldsOf({ caller }: JsonRecord): ReadonlySet<string> {
  const isDirect = caller === undefined || caller === null || recordOf(caller).type === 'direct'
  return isDirect ? callFields : foreignCallFields
}

/** All that is not known as options of this vendor, of what has no mark of a cache in the contract. */
export function optionsIn(record: JsonRecord, known: ReadonlySet<string>): Pick<Besides, 'options'> {
  return optionsOf(restOf(record, known))
}

function optionsOf(rest: JsonRecord | undefined): Pick<Besides, 'options'> {
  return rest === undefined || Object.keys(rest).length === 0 ? {} : { options: { [anthropicVendor]: rest } }
}

/** The members that are not known, and that say something. */
export function restOf(record: JsonRecord, known: ReadonlySet<string>): JsonRecord | undefined {
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (known.has(name) || record[name] === null) continue
    rest ??= {}
    rest[name] = record[name]
  }
  return rest
}

/** Adds, under its name, what is not known of a member that is an object. */
function withInner(
  rest: JsonRecord,
  record: JsonRecord,
  name: string,
  known: ReadonlySet<string>,
): JsonRecord {
  const inner = restOf(recordOf(record[name]), known)
  return inner === undefined ? rest : { ...rest, [name]: inner }
}

/** An object of JSON. Empty for anything else. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

function cacheMarkOf(value: unknown): CacheMark | undefined {
  if (!isRecord(value) || value.type !== 'ephemeral') return undefined
  return typeof value.ttl === 'string' ? { ttl: value.ttl } : {}
}
