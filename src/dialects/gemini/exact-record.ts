import { isRecord } from '../../json.ts'

interface RawJson {
  rawJSON(text: string): unknown
}

const longNumber = /[0-9]{16}/

/**
 * Parses JSON. A whole number that JavaScript cannot hold becomes an object that `JSON.stringify` writes as it came, so that
 * ids in the arguments of tools do not change. Throws what `JSON.parse` throws.
 */
export function parseExact(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  return JSON.parse(text, keptNumber as (this: unknown, name: string, value: unknown) => unknown)
}

function keptNumber(_name: string, value: unknown, { source = '' }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !/^-?[0-9]{16,}$/.test(source) || String(value) === source) return value
  return (JSON as unknown as RawJson).rawJSON(source)
}

/** The object that a text says. Undefined for any other text. */
export function exactRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseExact(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
