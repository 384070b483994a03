/** The same value without the members that are undefined. */
export function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  const kept: Partial<Value> = {}
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name]
  return kept
}
