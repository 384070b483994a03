import { type ErrorCode, ModelspineError } from 'modelspine/adapter'

/** An error of node:sqlite. `errcode` is SQLite's extended result code; its low byte is the primary code. */
interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR'
  readonly errcode: number
}

/** Primary result codes, https://www.sqlite.org/rescode.html */
const busy = 5
const locked = 6
const corrupt = 11
const full = 13
const notADatabase = 26
/** Read-only, I/O error, corrupt, cannot open, not a database: a later call should open the file again. */
const spoiling: ReadonlySet<number> = new Set([8, 10, corrupt, 14, notADatabase])

const meanings: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [busy]: ['store-unavailable', 'another process has kept it locked'],
  [locked]: ['store-unavailable', 'another process has kept it locked'],
  [corrupt]: ['store-corrupt', 'the file is damaged: restore it from a backup'],
  [full]: [
    'store-full',
    'there is no room left: free disk space, raise `maxPages` or let events be acknowledged',
  ],
  [notADatabase]: ['store-corrupt', 'the file is damaged or not a SQLite database: restore it from a backup'],
}

/** Whether the same call may succeed after a wait. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === busy || code === locked
}

/** Whether the connection must not be used any more. */
export function isSpoiling(error: unknown): boolean {
  return spoiling.has(primaryCode(error) ?? -1)
}

/**
 * Turns SQLite's errors into ModelspineErrors. Other errors, such as those of an `events` callback, stay
 * unchanged.
 */
export function translated(error: unknown, path: string): unknown {
  const primary = primaryCode(error)
  if (primary === undefined) return error
  const { errcode, message } = error as SqliteError
  const [code, meaning] = meanings[primary] ?? ['store-unavailable', 'it cannot be used']
  return new ModelspineError(code, `${path}: ${meaning} (SQLite says: ${message})`, {
    cause: error,
    details: { path, sqliteCode: errcode },
  })
}

function primaryCode(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && (error as Partial<SqliteError>).code === 'ERR_SQLITE_ERROR'
  return isSqlite ? (error as SqliteError).errcode & 0xff : undefined
}
