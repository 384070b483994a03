import type { FieldPath } from './field-path.ts'

const longest = 80
const secretWords = /secret|passw|credential|token|api[_-]?key|private[_-]?key/i

/**
 * Prints a value as problems show it. Objects are shown by their field names only. Scalars under a field that
 * sounds like a secret are not shown, because a secret in the wrong place must not reach a log.
 */
export function printValue(value: unknown, path: FieldPath): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return printKeys(Object.keys(value))
  if (path.some((step) => typeof step === 'string' && secretWords.test(step))) return '[secret]'
  if (typeof value === 'string') return cut(JSON.stringify(value))
  return cut(String(value))
}

function printKeys(keys: readonly string[]): string {
  return keys.length === 0 ? '{}' : cut(`{ ${keys.join(', ')} }`)
}

/** Shortens a long text so that it fits a line. */
export function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
