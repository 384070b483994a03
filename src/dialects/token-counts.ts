import type { Usage } from '../provider/contract.ts'

/** A count as a vendor gave it. Undefined for a value that is not a number of at least 0. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

/** Notes a count that was given. One that was not given stays absent, and is no 0. */
export function add<Value>(usage: Record<string, Value>, name: keyof Usage, value: Value | undefined): void {
  if (value !== undefined) usage[name] = value
}
