import type { DatabaseSync } from 'node:sqlite'
import type { PageBounds } from './sqlite-calls.ts'
import { Refused } from './sqlite-codes.ts'
import { numberOf } from './sqlite-schema.ts'

/** A limit of the pages of the file, with a reserve for urgent writes. */
export interface PageLimit {
  /** Runs one write of a transaction within the limit. */
  within<Result>(db: DatabaseSync, urgent: boolean, write: () => Result): Result
}

export const noLimit: PageLimit = { within: (_db, _urgent, write) => write() }

export function pageLimit(path: string, { pages, reserve }: PageBounds): PageLimit {
  return {
    within(db, urgent, write) {
      limitPages(db, urgent ? pages + reserve : pages)
      return urgent ? write() : leavingReserve(db, path, pages, write)
    },
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
  write: () => Result,
): Result {
  const before = usedPages(db)
  const result = write()
  const used = usedPages(db)
  if (used <= maxPages || used <= before) return result
  throw new Refused(
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
