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
  return textOf(value, '') as string
}

/** Undefined for what JSON leaves out. `name` is that of the member, or its place in a list. */
function textOf(given: unknown, name: string | number): string | undefined {
  const value = jsonOf(given, name)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return listOf(value)
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const member = textOf((value as JsonRecord)[name], name)
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${member}`
  }
  return `{${text}}`
}

function jsonOf(given: unknown, name: string | number): unknown {
  if (typeof given !== 'object' || given === null) return given
  return 'toJSON' in given && typeof given.toJSON === 'function' ? given.toJSON(String(name)) : given
}

/** Goes by places, because a list may have holes. */
function listOf(list: readonly unknown[]): string {
  let text = ''
  for (let place = 0; place < list.length; place += 1) {
    text += `${place === 0 ? '' : ','}${textOf(list[place], place) ?? 'null'}`
  }
  return `[${text}]`
}
