import { ModelspineError, throwIfAborted } from '../errors.ts'
import { planAppend } from './append-plan.ts'
import { emptyChain, headAt } from './audit-chain.ts'
import { walkChain } from './chain-walk.ts'
import type { AuditHead, AuditLog, AuditRecord } from './contract.ts'
import { recentRecords } from './recent-records.ts'

export interface MemoryAuditLogOptions {
  /**
   * How many records are kept. Default 100,000. The log drops the oldest records and verifies the chain from
   * there.
   */
  readonly maxRecords?: number
}

/** An audit log in memory, which ends with its process. For tests and first trials. */
export function memoryAuditLog(options: MemoryAuditLogOptions = {}): AuditLog {
  const { maxRecords = 100_000 } = options
  if (!Number.isInteger(maxRecords) || maxRecords < 1) {
    throw new ModelspineError('invalid-options', `maxRecords is ${maxRecords}: give a whole number from 1`)
  }
  const lines: string[] = []
  /** Where the kept records begin. The lines before are empty. */
  let start = 0
  const recent = recentRecords()
  let base = emptyChain
  let head: AuditHead = base
  let closed = false

  /** Moving all lines at each append would take longer than the append, so they are moved now and then. */
  const dropOldest = (): void => {
    const spare = lines.length - start - maxRecords
    if (spare <= 0) return
    base = headAt(parse(lines[start + spare - 1] as string))
    lines.fill('', start, start + spare)
    start += spare
    if (start < maxRecords) return
    lines.splice(0, start)
    start = 0
  }

  return {
    capabilities: { durable: false },

    async append(entries) {
      if (closed) throw new ModelspineError('audit-unavailable', 'the audit log is closed')
      const { fresh, records } = planAppend(entries, recent, head)
      for (const { record, line } of fresh) {
        lines.push(line)
        recent.add(record.id, line)
        head = headAt(record)
      }
      dropOldest()
      return records
    },

    async *read({ fromSequence = 1, abortSignal } = {}) {
      let next = fromSequence
      for (;;) {
        throwIfAborted(abortSignal, 'reading the audit log')
        next = Math.max(next, base.records + 1)
        const line = lines[start + next - base.records - 1]
        if (line === undefined) return
        yield parse(line)
        next += 1
      }
    },

    async verify({ anchor, abortSignal } = {}) {
      const walk = walkChain({ from: base, anchors: anchor === undefined ? [] : [anchor] })
      for (let place = start; place < lines.length; place += 1) {
        throwIfAborted(abortSignal, 'verifying the audit log')
        walk.step(lines[place] as string)
      }
      return walk.finish()
    },

    async close() {
      closed = true
    },
  }
}

function parse(line: string): AuditRecord {
  return JSON.parse(line) as AuditRecord
}
