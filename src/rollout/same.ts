/** Whether two JSON values are equal, members that are undefined counting as absent. */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((each, place) => same(each, right[place]))
    )
  }
  return sameMembers(left as Record<string, unknown>, right as Record<string, unknown>)
}

function sameMembers(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  for (const name in left) if (!same(left[name], right[name])) return false
  for (const name in right) if (!(name in left) && right[name] !== undefined) return false
  return true
}
