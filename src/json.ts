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
 * JSON with sorted keys and no spaces, so that equal values give equal text. It is RFC 8785 for the values
 * used here. Members that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(
          Object.entries(member).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
        )
      : member,
  )
}
