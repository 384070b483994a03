/** JSON values: their types, a comparison, and one canonical text for equal values. */

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two JSON values are equal. Members that are undefined count as absent. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, place) => sameJson(each, right[place]))
  }
  return isRecord(left) && isRecord(right) && sameMembers(left, right)
}

function sameMembers(left: JsonRecord, right: JsonRecord): boolean {
  for (const name in left) if (!sameJson(left[name], right[name])) return false
  for (const name in right) if (!(name in left) && right[name] !== undefined) return false
  return true
}

/**
 * JSON with sorted keys and no spaces, so that equal values give equal text: RFC 8785. Members that are undefined
 * are left out. Throws what `JSON.stringify` throws, and a `RangeError` for a value that contains itself.
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
