import { isRecord } from '../../json.ts'
import { parseExactly } from '../exact-json.ts'

/** The object that a text says, with whole numbers as they came. Undefined for any other text. */
export function exactRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseExactly(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
