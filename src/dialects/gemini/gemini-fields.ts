import { isRecord, type JsonRecord } from '../../json.ts'
import type { UnreadField, VendorOptions } from '../../provider/contract.ts'
import { JsonFields } from '../json-fields.ts'
import { googleVendor } from './gemini-names.ts'

/**
 * Google reads each member by two names: `maxOutputTokens` and `max_output_tokens`. Members of the result have the first.
 * Objects of the caller's own, such as schemas and arguments, are not for this function.
 */
export function geminiFields(value: unknown, path: string): JsonFields {
  return new JsonFields(isRecord(value) ? camelMembers(value) : value, path)
}

export function optionalGeminiFields(fields: JsonFields, name: string): JsonFields | undefined {
  const value = fields.value(name)
  return value === undefined ? undefined : geminiFields(value, fields.at(name))
}

/** The same object with the first of both names for each member. */
export function camelMembers(record: JsonRecord): JsonRecord {
  if (!Object.keys(record).some((name) => name.includes('_'))) return record
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [camelName(name), value]))
}

export function camelName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The members that the contract has no words for. Those that say nothing are left out. */
export function unreadIn(
  fields: JsonFields,
  read: ReadonlySet<string>,
  hints: ReadonlySet<string> = noHints,
): readonly UnreadField[] {
  return Object.keys(fields.record)
    .filter((name) => !read.has(name) && !saysNothing(fields.record[name]))
    .map((name) => ({ field: fields.at(name), ...(hints.has(name) && { hint: true as const }) }))
}

const noHints: ReadonlySet<string> = new Set()

function saysNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isRecord(value)) return Object.keys(value).length === 0
  return value === null || value === undefined || value === false
}

/** An object within an object, and its members that the contract knows. */
export type InnerRecord = readonly [name: string, record: JsonRecord, known: ReadonlySet<string>]

/**
 * What the contract has no field for, as options of Google. What is left of an object within it stays in an object of the
 * same name.
 */
export function googleOptions(
  record: JsonRecord,
  known: ReadonlySet<string>,
  inner?: InnerRecord,
): { readonly options?: VendorOptions } {
  const rest: Record<string, unknown> = leftOf(record, known)
  if (inner !== undefined) {
    const [name, inside, knownInside] = inner
    const more = leftOf(inside, knownInside)
    if (Object.keys(more).length > 0) rest[name] = more
  }
  return Object.keys(rest).length === 0 ? {} : { options: { [googleVendor]: rest } }
}

function leftOf(record: JsonRecord, known: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([name, value]) => !known.has(name) && value !== null && value !== undefined,
    ),
  )
}
