import { countCommits } from '../../test/adapters/sqlite/commits-in-log.ts'
import { serve } from '../child.ts'
import { openFleet, type Written } from './fleet.ts'

export interface CommitsQuestion {
  readonly count: number
  readonly concurrency: number
}

export interface CommitsAnswer extends Written {
  /** Transactions that the store committed. Each is synced to disk. */
  readonly transactions: number
}

/** Declares a fleet on SQLite, waits until it has converged and counts what was written. */
serve('', async (message): Promise<CommitsAnswer> => {
  const { count, concurrency } = message as CommitsQuestion
  const fleet = openFleet({ stored: 'sqlite', concurrency })
  await fleet.plane.start()
  const counted = countCommits(fleet.file ?? '')
  const before = { ...fleet.written }
  const all = fleet.completed(count)
  await fleet.declare(count, 1)
  await all
  const transactions = counted.commits
  const { writes, auditRecords, appends } = fleet.written
  counted.close()
  await fleet.end()
  return {
    transactions,
    writes: writes - before.writes,
    auditRecords: auditRecords - before.auditRecords,
    appends: appends - before.appends,
  }
})
