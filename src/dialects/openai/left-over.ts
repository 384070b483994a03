import { isRecord, type JsonRecord } from '../../json.ts'
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

/** The same, with what is left over inside one member. It stays under the member's name. */
export function leftOverWithin(
  record: JsonRecord,
  known: ReadonlySet<string>,
  member: string,
  knownWithin: ReadonlySet<string>,
): { readonly options?: VendorOptions } {
  const inside = record[member]
  const within = isRecord(inside) ? leftOver(inside, knownWithin).options?.[openaiVendor] : undefined
  const around = leftOver(record, known)
  if (within === undefined) return around
  return { options: { [openaiVendor]: { ...around.options?.[openaiVendor], [member]: within } } }
}

/** What is said, with options around and within its members. What is said wins. */
export function withOptions(options: JsonRecord | undefined, said: JsonRecord): JsonRecord {
  if (options === undefined) return said
  const merged: Record<string, unknown> = { ...options, ...said }
  for (const name in options) {
    const [own, more] = [said[name], options[name]]
    if (isRecord(own) && isRecord(more)) merged[name] = withOptions(more, own)
  }
  return merged
}

/** What came in this format is sent to every server of this format, whatever its provider is called. */
export function optionsFor(
  { options }: { readonly options?: VendorOptions },
  vendor: string,
): JsonRecord | undefined {
  if (options === undefined) return undefined
  return vendor === openaiVendor ? options[vendor] : { ...options[openaiVendor], ...options[vendor] }
}
