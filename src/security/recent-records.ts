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
  return {
    lineOf: (id) => lines.get(id),
    add(id, line) {
      lines.set(id, line)
      if (lines.size <= limit) return
      const [oldest] = lines.keys()
      if (oldest !== undefined) lines.delete(oldest)
    },
  }
}
