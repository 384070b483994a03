import type { SqliteFault } from './sqlite-calls.ts'

/** An error of node:sqlite. `errcode` is SQLite's extended result code; its low byte is the primary code. */
export interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR'
  readonly errcode: number
}

/** Primary result codes, https://www.sqlite.org/rescode.html */
export const codes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const

/** Read-only, I/O error, corrupt, cannot open, not a database: a later call should open the file again. */
const spoiling: ReadonlySet<number> = new Set([8, 10, codes.corrupt, 14, codes.notADatabase])

/** An error of this store that is none of SQLite's. */
export class Refused extends Error {
  readonly fault: Extract<SqliteFault, { type: 'refused' }>

  constructor(
    code: Extract<SqliteFault, { type: 'refused' }>['code'],
    message: string,
    {
      retryable,
      details = {},
    }: { readonly retryable?: boolean; readonly details?: Readonly<Record<string, unknown>> },
  ) {
    super(message)
    this.fault = { type: 'refused', code, message, retryable, details }
  }
}

export function primaryCode(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && (error as Partial<SqliteError>).code === 'ERR_SQLITE_ERROR'
  return isSqlite ? (error as SqliteError).errcode & 0xff : undefined
}

/** Whether the connection must not be used any more. */
export function isSpoiling(error: unknown): boolean {
  return spoiling.has(primaryCode(error) ?? -1)
}

export function faultOf(error: unknown): SqliteFault {
  if (error instanceof Refused) return error.fault
  if (primaryCode(error) !== undefined) {
    const { errcode, message } = error as SqliteError
    return { type: 'sqlite', errcode, message }
  }
  return { type: 'other', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}
