import { type ErrorCode, ModelspineError } from 'modelspine/adapter'

/** What node:sqlite throws: `errcode` is SQLite's extended result code, whose low byte is the primary one. */
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
/** Read-only, I/O error, corrupt, cannot open, not a database: a later call had better open the file anew. */
const spoiling: ReadonlySet<number> = new Set([8, 10, corrupt, 14, notADatabase])

const meanings: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [busy]: ['store-unavailable', 'another process has kept it locked'],
  [locked]: ['store-unavailable', 'another process has kept it locked'],
  [corrupt]: ['store-corrupt', 'the file is damaged: restore it from a backup'],
  [full]: [
    'store-full',
    'there is no room left: free disk space, raise `maxPages` or let events be acknowledged',
  ],
  [notADatabase]: ['store-corrupt', 'the file is damaged or no SQLite database: restore it from a backup'],
}

/** Whether it is worth waiting and trying the same again. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === busy || code === locked
}

/** Whether the connection should not be used any further. */
export function isSpoiling(error: unknown): boolean {
  return spoiling.has(primaryCode(error) ?? -1)
}

/** SQLite's errors as ours; anything else, such as what an `events` callback threw, as it is. */
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
