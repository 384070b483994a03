import type { OpenFile } from './open-file.ts'
import type { PageLimit } from './page-limit.ts'
import type { Reply, WriteRequest } from './sqlite-calls.ts'
import { codes, faultOf, isSpoiling, primaryCode } from './sqlite-codes.ts'
import { writes } from './worker-writes.ts'

export type GroupedRequest = Exclude<WriteRequest, { name: 'maxPages' }>

/**
 * Makes the writes in one transaction, with one sync to disk. Each has a savepoint and a result of its own, so
 * that one which fails takes nothing from the others. `broken` is called when the file must be opened again.
 */
export function commitGroup(
  file: OpenFile,
  group: readonly GroupedRequest[],
  limit: PageLimit,
  broken: () => void,
): readonly Reply[] {
  try {
    return inTransaction(file, () => group.map((request) => inSavepoint(file, request, limit)))
  } catch (error) {
    if (isSpoiling(error)) broken()
    if (group.length > 1 && primaryCode(error) === codes.full) {
      // SQLite ended the whole transaction, and nothing was written. Alone, each write shows whether it has room.
      return group.flatMap((request) => commitGroup(file, [request], limit, broken))
    }
    return group.map(({ id }) => ({ id, fault: faultOf(error) }))
  }
}

/**
 * Takes the write lock at once. A transaction that reads first and writes later could not be completed when
 * another process writes in between.
 */
function inTransaction<Result>({ db }: OpenFile, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    try {
      // At some errors, such as a full disk, SQLite ends the transaction itself.
      if (db.isTransaction) db.exec('ROLLBACK')
    } catch {
      // The first error says more than this one. The next call opens the file again.
      db.close()
    }
    throw error
  }
}

function inSavepoint({ db, sql }: OpenFile, request: GroupedRequest, limit: PageLimit): Reply {
  const { id, name, ask } = request
  sql.savepoint.run()
  try {
    const write = writes[name] as (statements: typeof sql, asked: typeof ask) => unknown
    const answer = limit.within(db, ask.urgent, () => write(sql, ask))
    sql.release.run()
    return { id, answer }
  } catch (error) {
    if (!db.isTransaction || isSpoiling(error)) throw error
    sql.undo.run()
    sql.release.run()
    return { id, fault: faultOf(error) }
  }
}
