/** JSON values: their types, a comparison, and one canonical text for equal values. */

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return isObject(value) && !Array.isArray(value)
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
  return textOf(value, '') as string
}

/** Undefined for what JSON leaves out. `name` is that of the member, or its place in a list. */
function textOf(given: unknown, name: string | number): string | undefined {
  const value =
    isObject(given) && 'toJSON' in given && typeof given.toJSON === 'function'
      ? given.toJSON(`${name}`)
      : given
  if (!isObject(value)) return JSON.stringify(value)
  // Array.from gives the holes of a list, too.
  if (Array.isArray(value)) return `[${Array.from(value, (each, at) => textOf(each, at) ?? 'null')}]`
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const member = textOf((value as JsonRecord)[name], name)
    if (member !== undefined) text += `${text && ','}${JSON.stringify(name)}:${member}`
  }
  return `{${text}}`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
