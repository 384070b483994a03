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

/** The mark of a cache, and what the contract has no field for as options of this vendor. */
export function besides(
  record: JsonRecord,
  known: ReadonlySet<string>,
): { readonly cacheMark?: CacheMark; readonly options?: VendorOptions } {
  const cacheMark = cacheMarkOf(record.cache_control)
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (known.has(name) || record[name] === null) continue
    if (name === 'cache_control' && cacheMark !== undefined) continue
    rest ??= {}
    rest[name] = record[name]
  }
  return {
    ...(cacheMark === undefined ? undefined : { cacheMark }),
    ...(rest === undefined ? undefined : { options: { [anthropicVendor]: rest } }),
  }
}

function cacheMarkOf(value: unknown): CacheMark | undefined {
  if (!isRecord(value) || value.type !== 'ephemeral') return undefined
  return typeof value.ttl === 'string' ? { ttl: value.ttl } : {}
}
