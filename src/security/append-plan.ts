import { type LinkedRecord, linkAll } from './audit-chain.ts'
import type { AuditEntry, AuditHead, AuditRecord } from './contract.ts'
import type { RecentRecords } from './recent-records.ts'

export interface AppendPlan {
  /** What is new, linked behind the head: to be written as it is. */
  readonly fresh: readonly LinkedRecord[]
  /** The answer of `append`: one record per entry, in their order. */
  readonly records: readonly AuditRecord[]
}

/** Decides what an append writes and answers; nothing is remembered before it is durable. */
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
