import type { DatabaseSync } from 'node:sqlite'
import { type Clock, ModelspineError, sleep, urgentReserve } from 'modelspine/adapter'
import { isBusy, isSpoiling, translated } from './sqlite-errors.ts'
import { expectOurs, migrate, numberOf } from './sqlite-schema.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'

/** A connection that opens itself at the first use, and again after an error that made it unusable. */
export interface SqliteConnection {
  /**
   * Runs `work` without a transaction. So two statements in `work` may read the data of different moments.
   */
  read<Result>(work: (sql: Statements, opened: object) => Result): Promise<Result>
  /**
   * Runs `work` in its own transaction. All of it is committed; when it throws, nothing is. An urgent write may
   * use the pages that are kept free for such writes.
   */
  write<Result>(work: (sql: Statements) => Result, urgent?: boolean): Promise<Result>
  setMaxPages(maxPages: number): Promise<void>
  close(): void
}

export interface SqliteConnectionOptions {
  /** An absolute path. */
  readonly path: string
  readonly clock: Clock
  readonly busyTimeoutMs: number
  readonly maxPages: number | undefined
}

interface Opened {
  readonly db: DatabaseSync
  readonly sql: Statements
}

export function createConnection(options: SqliteConnectionOptions): SqliteConnection {
  const { path, clock, busyTimeoutMs } = options
  let maxPages = options.maxPages
  let opened: Opened | undefined
  let closed = false

  const drop = (): void => {
    try {
      opened?.db.close()
    } catch {
      // The connection is unusable and is never used again.
    }
    opened = undefined
  }

  const use = async <Result>(work: (opened: Opened) => Result): Promise<Result> => {
    const { DatabaseSync } = await import('node:sqlite')
    const giveUpMs = clock.monotonic() + busyTimeoutMs
    for (;;) {
      if (closed) {
        throw new ModelspineError('store-unavailable', `${path}: this store was closed`, { retryable: false })
      }
      try {
        if (opened?.db.isOpen !== true) opened = openFile(DatabaseSync, path, maxPages, clock.now())
        return work(opened)
      } catch (error) {
        if (isSpoiling(error)) drop()
        if (!isBusy(error) || clock.monotonic() >= giveUpMs) throw translated(error, path)
      }
      // SQLite's own busy timeout would hold up the whole process, requests included, while it waits.
      await sleep(clock, 5 + 20 * clock.random())
    }
  }

  return {
    read: (work) => use((one) => work(one.sql, one.db)),
    write: (work, urgent = false) =>
      use(({ db, sql }) => {
        if (maxPages === undefined) return inTransaction(db, () => work(sql))
        const limit = maxPages
        return urgent
          ? withReserve(db, limit, () => inTransaction(db, () => work(sql)))
          : inTransaction(db, () => leavingReserve(db, path, limit, () => work(sql)))
      }),
    setMaxPages(pages) {
      maxPages = pages
      return use(({ db }) => limitPages(db, pages))
    },
    close() {
      closed = true
      drop()
    },
  }
}

function openFile(
  Database: typeof DatabaseSync,
  path: string,
  maxPages: number | undefined,
  nowMs: number,
): Opened {
  const db = new Database(path, { timeout: 0 })
  try {
    expectOurs(db, path)
    const mode = Object.values(db.prepare('PRAGMA journal_mode = WAL').get() ?? {})[0]
    if (mode !== 'wal') {
      throw new ModelspineError(
        'store-unavailable',
        `${path}: write-ahead logging is not possible on this disk (the mode stays "${mode}"): use a local disk, not a network share`,
        { retryable: false, details: { path, mode } },
      )
    }
    // With WAL, NORMAL survives a killed process, but a power cut may lose the last commits. Then a fence
    // could be granted twice. An effect that was sent would have no ledger entry, and would be sent again.
    // FULL syncs the log at every commit.
    db.exec('PRAGMA synchronous = FULL')
    if (maxPages !== undefined) limitPages(db, maxPages)
    migrate(db, path, nowMs)
    return { db, sql: prepareStatements(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Takes the write lock at once. A transaction that reads first and writes later could not be completed when
 * another process writes in between.
 */
function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(db)
    throw error
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    // At some errors, such as a full disk, SQLite ends the transaction itself.
    if (db.isTransaction) db.exec('ROLLBACK')
  } catch {
    // The first error says more than this one. The next call opens the file again.
    db.close()
  }
}

function withReserve<Result>(db: DatabaseSync, maxPages: number, run: () => Result): Result {
  limitPages(db, maxPages + urgentReserve(maxPages))
  try {
    return run()
  } finally {
    if (db.isOpen) limitPages(db, maxPages)
  }
}

/**
 * The file does not shrink, so pages that urgent writes used are free for all once their events are
 * acknowledged. Without this check an ordinary write would take them, and the reserve would be there only once.
 */
function leavingReserve<Result>(
  db: DatabaseSync,
  path: string,
  maxPages: number,
  work: () => Result,
): Result {
  const before = usedPages(db)
  const result = work()
  const used = usedPages(db)
  if (used <= maxPages || used <= before) return result
  throw new ModelspineError(
    'store-full',
    `${path}: the write needs ${used} pages, and maxPages is ${maxPages}: raise \`maxPages\` or let events be acknowledged`,
    { details: { path, used, maxPages } },
  )
}

function usedPages(db: DatabaseSync): number {
  return numberOf(db, 'PRAGMA page_count') - numberOf(db, 'PRAGMA freelist_count')
}

/** Sets the limit of this connection only. It is never less than the pages that the file already has. */
function limitPages(db: DatabaseSync, maxPages: number): void {
  numberOf(db, `PRAGMA max_page_count = ${maxPages}`)
}
