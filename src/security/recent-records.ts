/**
 * The last records by id, so that the log answers a repeated entry with its record and does not append it
 * again.
 */
export interface RecentRecords {
  lineOf(id: string): string | undefined
  add(id: string, line: string): void
}

/** Holds the last `limit` records. Forgets the oldest first. */
export function recentRecords(limit = 10_000): RecentRecords {
  const lines = new Map<string, string>()
  /** The ids in a ring. To find the oldest key of a map, all removed ones before it would be passed each time. */
  const ids: string[] = []
  let next = 0
  return {
    lineOf: (id) => lines.get(id),
    add(id, line) {
      const isNew = !lines.has(id)
      lines.set(id, line)
      if (!isNew) return
      const oldest = ids[next]
      if (oldest !== undefined) lines.delete(oldest)
      ids[next] = id
      next = (next + 1) % limit
    },
  }
}
