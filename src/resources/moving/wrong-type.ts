import type { Reason } from './ledger.ts'

/** Why a section of a config cannot be read: it is no list, or no object. Undefined when it can, or has no value. */
export function wrongType(
  gateway: string,
  wanted: 'a list' | 'an object',
  value: unknown,
): Reason | undefined {
  if (value === undefined || value === null) return undefined
  const isList = Array.isArray(value)
  const isWanted = wanted === 'a list' ? isList : typeof value === 'object' && !isList
  if (isWanted) return undefined
  const found = isList ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
  return [`it is ${found}, and ${gateway} has ${wanted} here, so nothing of it is read`, `Write ${wanted}.`]
}
