import { type AuditRecord, canonicalJson } from 'modelspine/adapter'
import type { Evidence } from '../evidence.ts'

/**
 * Checks that the log holds every committed event once, in order and unchanged, and that the chain is whole.
 */
export function judgeAudit({ commits, records, verdict, kills }: Evidence): readonly string[] {
  const faults: string[] = []
  if (!verdict.ok) faults.push(`the audit log is broken at ${verdict.sequence}: ${verdict.reason}`)
  if (commits.waiting > 0) faults.push(`${commits.waiting} events wait in the store in the end`)
  const recovered = records.filter(({ action }) => action === 'log-recovered')
  if (recovered.length > kills) faults.push(`${recovered.length} recoveries after ${kills} kills`)

  const logged = records.filter(({ action }) => action !== 'log-recovered')
  const times = new Map<string, number>()
  for (const { id } of logged) times.set(id, (times.get(id) ?? 0) + 1)
  for (const { id, action, key, details } of commits.events) {
    const count = times.get(id) ?? 0
    if (count !== 1) {
      faults.push(`${action} of ${key} (${JSON.stringify(details)}) is in the audit log ${count} times`)
    }
    times.delete(id)
  }
  for (const id of times.keys()) faults.push(`the audit log has ${id}, which was never committed`)
  if (faults.length > 0) return faults

  commits.events.forEach((event, place) => {
    const record: Partial<AuditRecord> = logged[place] ?? {}
    const { sequence, previousHash: _, hash: __, remaining: ___, version: ____, ...entry } = record
    if (canonicalJson(entry) !== canonicalJson(event)) {
      faults.push(`record ${sequence} is not the event that was committed in its place: ${event.action}`)
    }
  })
  return faults
}
