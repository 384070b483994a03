import { type ErrorCode, ModelspineError } from 'modelspine/adapter'
import type { SqliteFault } from './sqlite-calls.ts'
import { codes, type SqliteError } from './sqlite-codes.ts'

const meanings: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [codes.busy]: ['store-unavailable', 'another process has kept it locked'],
  [codes.locked]: ['store-unavailable', 'another process has kept it locked'],
  [codes.corrupt]: ['store-corrupt', 'the file is damaged: restore it from a backup'],
  [codes.full]: [
    'store-full',
    'there is no room left: free disk space, raise `maxPages` or let events be acknowledged',
  ],
  [codes.notADatabase]: [
    'store-corrupt',
    'the file is damaged or not a SQLite database: restore it from a backup',
  ],
}

/** Whether the same call may succeed after a wait. */
export function isBusy(fault: SqliteFault): boolean {
  if (fault.type !== 'sqlite') return false
  const primary = fault.errcode & 0xff
  return primary === codes.busy || primary === codes.locked
}

/** The error that a caller gets for a fault of the worker. */
export function errorOf(fault: SqliteFault, path: string): ModelspineError {
  if (fault.type === 'refused') {
    const { code, message, retryable, details } = fault
    return new ModelspineError(code, message, { ...(retryable !== undefined && { retryable }), details })
  }
  if (fault.type === 'other') {
    return new ModelspineError('store-unavailable', `${path}: it cannot be used (${fault.message})`, {
      details: { path },
    })
  }
  const { errcode, message } = fault
  const cause: SqliteError = Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' as const, errcode })
  const [code, meaning] = meanings[errcode & 0xff] ?? ['store-unavailable', 'it cannot be used']
  return new ModelspineError(code, `${path}: ${meaning} (SQLite says: ${message})`, {
    cause,
    details: { path, sqliteCode: errcode },
  })
}
