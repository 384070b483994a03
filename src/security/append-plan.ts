import { type LinkedRecord, linkAll } from './audit-chain.ts'
import type { AuditEntry, AuditHead, AuditRecord } from './contract.ts'
import type { RecentRecords } from './recent-records.ts'

export interface AppendPlan {
  /** The new records, linked after the head. Write their lines unchanged. */
  readonly fresh: readonly LinkedRecord[]
  /** The answer of `append`: one record for each entry, in the order of the entries. */
  readonly records: readonly AuditRecord[]
}

/**
 * Decides what an append writes and answers. It adds nothing to `recent`, because the records are not
 * durable yet.
 */
export function planAppend(
  entries: readonly AuditEntry[],
  recent: RecentRecords,
  head: AuditHead,
): AppendPlan {
  const lines = new Map<string, string | undefined>()
  const unknown = entries.filter(({ id }) => {
    if (lines.has(id)) return false
    const line = recent.lineOf(id)
    lines.set(id, line)
    return line === undefined
  })
  const fresh = linkAll(unknown, head)
  for (const { record, line } of fresh) lines.set(record.id, line)
  const records = entries.map(({ id }) => JSON.parse(lines.get(id) ?? '') as AuditRecord)
  return { fresh, records }
}
