import { ModelspineError } from '../../../errors.ts'
import { emptyChain } from '../../../security/audit-chain.ts'
import type { AuditHead, AuditLog, AuditRecord } from '../../../security/contract.ts'
import type { Fence, StateStore } from '../../../store/contract.ts'

/**
 * Where the audit log ends, as far as its writer knows. The store keeps it for a log that outlives the process. For
 * another log only this object knows it.
 */
export interface AuditEnd {
  /** The head to compare the log with; null when none is known. */
  known(): Promise<AuditHead | null>
  /** Takes note of records that the log has. Gives the head that the store is to keep with the acknowledgement. */
  reached(records: readonly AuditRecord[]): AuditHead | undefined
  /**
   * Throws `audit-broken` when the log does not have the record any more at which it ended. Asks the log under each
   * new fence, unless this process wrote last.
   */
  expectKept(fence: number): Promise<void>
  /** From now on the log ends here. */
  restart(head: AuditHead, fence: Fence): Promise<void>
}

export interface AuditEndOptions {
  readonly store: Pick<StateStore, 'auditHead' | 'acknowledgeEvents'>
  readonly audit: Pick<AuditLog, 'capabilities' | 'read'>
}

export function createAuditEnd({ store, audit }: AuditEndOptions): AuditEnd {
  let head: AuditHead = emptyChain
  let comparedUnder: number | undefined
  const isOurs = (): boolean => !audit.capabilities.durable
  const end: AuditEnd = {
    known: async () => (isOurs() ? head : store.auditHead()),
    reached(records) {
      for (const { sequence, hash } of records) {
        if (sequence > head.records) head = { records: sequence, head: hash }
      }
      return isOurs() || head.records === 0 ? undefined : head
    },
    async expectKept(fence) {
      if (comparedUnder === fence) return
      const known = (await end.known()) ?? emptyChain
      const wroteLast = comparedUnder !== undefined && known.head === head.head
      const lost = wroteLast ? undefined : await lostRecord(audit, known)
      if (lost !== undefined) throw deleted(known, lost)
      head = known
      comparedUnder = fence
    },
    async restart(given, fence) {
      await store.acknowledgeEvents([], fence, isOurs() ? undefined : given)
      head = given
      comparedUnder = fence.fence
    },
  }
  return end
}

/** What is wrong with the record at which the log ended, as the end of a sentence; undefined when it is there. */
export async function lostRecord(
  audit: Pick<AuditLog, 'read'>,
  { records, head }: AuditHead,
): Promise<string | undefined> {
  if (records === 0) return undefined
  for await (const { sequence, hash } of audit.read({ fromSequence: records })) {
    if (sequence !== records) break
    return hash === head ? undefined : `record ${records} is another one than was appended`
  }
  return `record ${records} is missing, which was appended`
}

function deleted(known: AuditHead, lost: string): ModelspineError {
  return new ModelspineError(
    'audit-broken',
    `the audit log cannot be continued: ${lost}. Nothing is appended until the log is restored, or until somebody keeps it as evidence and calls plane.continueAudit`,
    { details: { known } },
  )
}
