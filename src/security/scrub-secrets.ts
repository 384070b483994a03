import { type ErrorCode, isModelspineError, ModelspineError } from '../errors.ts'
import { hide, type KnownSecret, type Spelling, spellingsOf } from '../spellings.ts'

const maxDepth = 8

/**
 * Replaces known secret values by `[secret]`, also when they are written in base64, percent-encoded or with
 * JSON's escapes. It finds a combined value (`user:password` in base64) only when that value is given too.
 */
export function scrubSecrets(text: string, secrets: Iterable<KnownSecret>): string {
  return hide(text, spellingsOf(secrets))
}

/**
 * A copy of a thrown value without the secrets: message, stack, `cause`, `errors`, details and other own
 * properties, at most eight levels deep. The copy keeps the class. Of a ModelspineError it also keeps the
 * code, `retryable` and `retryAfterMs`.
 */
export function scrubError(error: unknown, secrets: Iterable<KnownSecret>): unknown {
  return copy(error, spellingsOf(secrets), new Map(), 0)
}

function copy(
  value: unknown,
  hidden: readonly Spelling[],
  seen: Map<object, unknown>,
  depth: number,
): unknown {
  if (typeof value === 'string') return hide(value, hidden)
  if (typeof value !== 'object' || value === null) return value
  const before = seen.get(value)
  if (before !== undefined) return before
  if (depth > maxDepth) return '[too deep]'
  const deeper = (inner: unknown): unknown => copy(inner, hidden, seen, depth + 1)

  if (value instanceof Error) return copyError(value, deeper, (clean) => seen.set(value, clean))
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[bytes]'
  if (Array.isArray(value)) {
    const clean: unknown[] = []
    seen.set(value, clean)
    for (const inner of value) clean.push(deeper(inner))
    return clean
  }
  const entries =
    value instanceof Map ? [...value] : value instanceof Set ? [...value.entries()] : Object.entries(value)
  const clean: Record<string, unknown> = {}
  seen.set(value, clean)
  for (const [key, inner] of entries) define(clean, String(deeper(String(key))), deeper(inner))
  return clean
}

function copyError(
  error: Error,
  deeper: (inner: unknown) => unknown,
  remember: (clean: Error) => void,
): Error {
  const message = String(deeper(error.message))
  const clean = isModelspineError(error)
    ? new ModelspineError(error.code as ErrorCode, message, {
        retryable: error.retryable,
        details: deeper(error.details) as Readonly<Record<string, unknown>>,
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      })
    : Object.setPrototypeOf(new Error(message), Object.getPrototypeOf(error))
  remember(clean)
  const own = Object.entries(Object.getOwnPropertyDescriptors(error))
  for (const [key, { enumerable }] of own) {
    const kept = Object.hasOwn(clean, key) && key !== 'stack'
    const inner = (error as unknown as Record<string, unknown>)[key]
    if (!kept) define(clean, String(deeper(key)), deeper(inner), enumerable)
  }
  return clean
}

function define(target: object, key: string, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, configurable: true, writable: true })
}
