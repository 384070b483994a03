import { ModelspineError } from '../errors.ts'
import { isRecord, type JsonRecord } from '../json.ts'

/**
 * The error about one field of a caller's request: `bad-request`, with the field's path in `details.field`.
 */
export function badField(field: string, value: unknown, right: string): ModelspineError {
  return new ModelspineError('bad-request', `${field} is ${told(value)}; write ${right}`, {
    details: { field },
  })
}

/**
 * Shows a short value as it is and a long value by its size only, because prompts do not belong in errors.
 */
export function told(value: unknown): string {
  if (value === undefined) return 'missing'
  // JSON has no word for some numbers, and throws for bigints.
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && value.length > 40) return `a string of ${value.length} characters`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (isRecord(value)) return 'an object'
  return JSON.stringify(value)
}

/**
 * Reads the fields of one JSON object of a request. A field with the value null counts as left out, as in the
 * vendors' own interfaces.
 */
export class JsonFields {
  readonly record: JsonRecord
  private readonly path: string

  /** `path` is the place of the object in the body. It is empty for the body itself. */
  constructor(value: unknown, path: string) {
    if (!isRecord(value)) throw badField(path || 'the body', value, 'an object')
    this.record = value
    this.path = path
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }

  value(name: string): unknown {
    return this.record[name] ?? undefined
  }

  wrong(name: string, right: string): ModelspineError {
    return badField(this.at(name), this.value(name), right)
  }

  string(name: string, right = 'a string'): string {
    const value = this.value(name)
    if (typeof value !== 'string') throw this.wrong(name, right)
    return value
  }

  optionalString(name: string): string | undefined {
    return this.value(name) === undefined ? undefined : this.string(name)
  }

  optionalNumber(name: string, min: number, max: number): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw this.wrong(
        name,
        max === Infinity ? `a number of at least ${min}` : `a number from ${min} to ${max}`,
      )
    }
    return value
  }

  optionalInteger(name: string, min: number): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (!Number.isSafeInteger(value) || (value as number) < min) {
      throw this.wrong(name, `a whole number${min === -Infinity ? '' : ` of at least ${min}`}`)
    }
    return value as number
  }

  /** Also a whole number that is too large to be exact. */
  optionalWholeNumber(name: string): number | undefined {
    const value = this.value(name)
    if (value !== undefined && !Number.isInteger(value)) throw this.wrong(name, 'a whole number')
    return value as number | undefined
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.value(name)
    if (value !== undefined && typeof value !== 'boolean') throw this.wrong(name, 'true or false')
    return value
  }

  optionalFields(name: string): JsonFields | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : new JsonFields(value, this.at(name))
  }

  optionalList(name: string, right = 'a list'): readonly unknown[] | undefined {
    const value = this.value(name)
    if (value !== undefined && !Array.isArray(value)) throw this.wrong(name, right)
    return value
  }
}
