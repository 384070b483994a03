import type { JsonRecord } from '../../json.ts'
import type { UnreadField, VendorOptions } from '../../provider/contract.ts'
import type { JsonFields } from '../json-fields.ts'

/** The vendor of parts and options that only Bedrock has. */
export const bedrockVendor = 'bedrock'

/** What the contract has no field for, as options of this vendor: bounds of a guardrail, citations. */
export function bedrockOptions(
  record: JsonRecord,
  known: readonly string[],
): { readonly options?: VendorOptions } {
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (known.includes(name) || record[name] === null || record[name] === undefined) continue
    rest ??= {}
    rest[name] = record[name]
  }
  return rest === undefined ? {} : { options: { [bedrockVendor]: rest } }
}

/** Lists what an object has besides these members. */
export function listOthers(fields: JsonFields, known: readonly string[], unread: UnreadField[]): void {
  for (const name in fields.record) {
    if (!known.includes(name) && fields.value(name) !== undefined) unread.push({ field: fields.at(name) })
  }
}
