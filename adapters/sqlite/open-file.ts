import { DatabaseSync } from 'node:sqlite'
import type { WorkerOptions } from './sqlite-calls.ts'
import { Refused } from './sqlite-codes.ts'
import { expectOurs, migrate } from './sqlite-schema.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'

export interface OpenFile {
  readonly db: DatabaseSync
  readonly sql: Statements
  /** Differs between two openings of the file. */
  readonly opened: number
}

let openings = 0

/** Opens the file, and brings it to the newest schema. It never waits for a lock of another process. */
export function openFile({ path, nowMs }: WorkerOptions): OpenFile {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    expectOurs(db, path)
    const mode = Object.values(db.prepare('PRAGMA journal_mode = WAL').get() ?? {})[0]
    if (mode !== 'wal') {
      throw new Refused(
        'store-unavailable',
        `${path}: write-ahead logging is not possible on this disk (the mode stays "${mode}"): use a local disk, not a network share`,
        { retryable: false, details: { path, mode } },
      )
    }
    // With WAL, NORMAL survives a killed process, but a power cut may lose the last commits. Then a fence
    // could be granted twice. An effect that was sent would have no ledger entry, and would be sent again.
    // FULL syncs the log at every commit.
    db.exec('PRAGMA synchronous = FULL')
    migrate(db, path, nowMs)
    openings += 1
    return { db, sql: prepareStatements(db), opened: openings }
  } catch (error) {
    db.close()
    throw error
  }
}
