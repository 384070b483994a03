import type { JsonRecord } from '../../../json.ts'
import type { VendorOptions } from '../../../provider/contract.ts'

/** The dialect of OpenAI's responses, which some other servers speak, too. */
export const openaiResponsesDialect = 'openai-responses'

/** What only this format knows of a part, message or tool, as options that other formats leave out. */
export function ownWords(
  record: JsonRecord,
  known: ReadonlySet<string>,
): { readonly options?: VendorOptions } {
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (known.has(name) || isNeutral(record[name])) continue
    rest ??= {}
    rest[name] = record[name]
  }
  return rest === undefined ? {} : { options: { [openaiResponsesDialect]: rest } }
}

function isNeutral(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}

/** What is sent of a part's, message's or tool's options: the words of this format, and those for this provider. */
export function sentWords(options: VendorOptions | undefined, vendor: string): JsonRecord {
  return options === undefined ? {} : { ...options[openaiResponsesDialect], ...options[vendor] }
}

/** The vendors whose options are sent. */
export function sentVendors(vendor: string): readonly string[] {
  return [openaiResponsesDialect, vendor]
}
