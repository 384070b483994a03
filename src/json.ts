/** JSON values: their types, a comparison, and one canonical text for equal values. */

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Whether two JSON values are equal. Members that are undefined count as absent. What writes itself as JSON, such as a
 * date, is compared as what it writes.
 */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, place) => sameJson(each, right[place]))
  }
  return isRecord(left) && isRecord(right) && sameMembers(left, right)
}

function sameMembers(left: JsonRecord, right: JsonRecord): boolean {
  if (typeof left.toJSON === 'function' || typeof right.toJSON === 'function') {
    return sameJson(written(left), written(right))
  }
  for (const name in left) if (!sameJson(left[name], right[name])) return false
  for (const name in right) if (!(name in left) && right[name] !== undefined) return false
  return true
}

/** Null for what cannot write itself, so that it differs from what can. */
function written(value: JsonRecord): unknown {
  return typeof value.toJSON === 'function' ? value.toJSON() : null
}

/**
 * JSON with sorted keys and no spaces, so that equal values give equal text: RFC 8785. Members that are undefined
 * are left out. Throws what `JSON.stringify` throws, and a `RangeError` for a value that contains itself.
 *
 * RFC 8785 refuses half of a surrogate pair. Here it is written as an escape, as `JSON.stringify` does, so that
 * every text has a hash. See `hasHalfPair`.
 */
export function canonicalJson(value: unknown): string {
  return textOf(value as Convertible, '') as string
}

type Convertible = { toJSON?(name: string): unknown } | null | undefined

/** Undefined for what JSON leaves out. `name` is that of the member, or its place in a list. */
function textOf(given: Convertible, name: string | number): string | undefined {
  const value = typeof given?.toJSON === 'function' ? given.toJSON(`${name}`) : given
  // Array.from gives the holes of a list, too.
  if (Array.isArray(value)) return `[${Array.from(value, (each, at) => textOf(each, at) ?? 'null')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const member = textOf(value[name] as Convertible, name)
    if (member !== undefined) text += `${text && ','}${JSON.stringify(name)}:${member}`
  }
  return `{${text}}`
}

/** Half of a surrogate pair is the only character of JSON text that is written as such an escape. */
const halfPair = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/** Whether a text in this JSON holds half of a surrogate pair, which is not Unicode and which RFC 8785 refuses. */
export function hasHalfPair(json: string): boolean {
  return json.includes('\\ud') && halfPair.test(json)
}

/**
 * What `canonicalJson` was in version 0.1: names that are whole numbers stand before all others. It is only for
 * hashes that were made then.
 */
export function formerJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}
