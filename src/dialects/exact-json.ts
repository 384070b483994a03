/** Only such texts can hold a whole number that JavaScript cannot. */
const manyDigits = /\d{16}/

interface RawJson {
  rawJSON(text: string): object
  parse(
    text: string,
    revive: (name: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

/**
 * As `JSON.parse`, but whole numbers beyond 2^53, such as ids in the arguments of tools, keep their digits: they become
 * objects that `JSON.stringify` writes as they came. Throws what `JSON.parse` throws.
 */
export function parseExactly(text: string): unknown {
  return manyDigits.test(text) ? (JSON as unknown as RawJson).parse(text, exact) : JSON.parse(text)
}

function exact(_name: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  return (JSON as unknown as RawJson).rawJSON(source)
}
