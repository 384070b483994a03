import type { JsonRecord } from '../../json.ts'
import type { VendorOptions } from '../../provider/contract.ts'

/** The vendor of parts and options that only OpenAI's format has. */
export const openaiVendor = 'openai'

/** What the contract has no field for, as options of this vendor: cache marks, annotations. */
export function leftOver(
  record: JsonRecord,
  known: ReadonlySet<string>,
): { readonly options?: VendorOptions } {
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (known.has(name) || record[name] === null) continue
    rest ??= {}
    rest[name] = record[name]
  }
  return rest === undefined ? {} : { options: { [openaiVendor]: rest } }
}
