import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Counts the transactions that a SQLite file commits, from now on. Each costs one sync to disk. */
export interface CommitCount {
  readonly commits: number
  close(): void
}

/**
 * Reads them from the write-ahead log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). A reader that
 * stays keeps the log from beginning anew.
 */
export function countCommits(path: string): CommitCount {
  const reader = new DatabaseSync(path, { timeout: 5000 })
  reader.exec('BEGIN; SELECT count(*) FROM counters')
  reader.prepare('SELECT count(*) FROM counters').get()
  const before = commitsInLog(path)
  return {
    get commits() {
      return commitsInLog(path) - before
    },
    close: () => reader.close(),
  }
}

function commitsInLog(path: string): number {
  const log = readFileSync(`${path}-wal`)
  if (log.length < 32) return 0
  const pageSize = log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let frame = 32; frame + 24 + pageSize <= log.length; frame += 24 + pageSize) {
    // Frames of an earlier log have another salt. A frame that ends a transaction has the size of the file.
    if (!log.subarray(frame + 8, frame + 16).equals(salt)) break
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1
  }
  return commits
}
