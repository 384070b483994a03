import { checkLine, emptyChain, headAt } from './audit-chain.ts'
import type { AuditHead, AuditRecord, AuditVerdict } from './contract.ts'

/** Checks a chain line by line. The first fault is final. */
export interface ChainWalk {
  /** Undefined while there is no fault. */
  readonly fault: Extract<AuditVerdict, { ok: false }> | undefined
  /** The head after the last good record. */
  readonly head: AuditHead
  /** The head after the last append whose records were all there. */
  readonly settled: AuditHead
  /** Returns the record of the next line, or undefined when the line shows a fault. */
  step(line: string): AuditRecord | undefined
  /** Ends the walk with a fault at the next record. */
  fail(reason: string): void
  /** The verdict when no line follows. `unfinished`: an append at the end may still be under way. */
  finish(unfinished?: boolean): AuditVerdict
}

export interface WalkOptions {
  /** The head of the records that were checked or dropped before this walk. */
  readonly from?: AuditHead
  /** Heads that this chain must contain. */
  readonly anchors?: readonly AuditHead[]
}

export function walkChain(options: WalkOptions = {}): ChainWalk {
  const { from = emptyChain, anchors = [] } = options
  let head = from
  let settled = from
  let owed = 0
  let fault: ChainWalk['fault']

  function failAt(sequence: number, reason: string): void {
    const records = Math.max(0, sequence - 1)
    fault ??= { ok: false, records, sequence, reason: `record ${sequence} ${reason}` }
  }

  function checkAnchors(): void {
    if (anchors.some((anchor) => anchor.records === head.records && anchor.head !== head.head)) {
      failAt(head.records, 'is not the record of the anchor: the chain was written again')
    }
  }

  const lost = anchors.find((anchor) => anchor.records < from.records)
  if (lost !== undefined) failAt(lost.records, 'is no longer kept, so the anchor cannot be checked')
  checkAnchors()

  return {
    get fault() {
      return fault
    },
    get head() {
      return head
    },
    get settled() {
      return settled
    },
    step(line) {
      if (fault !== undefined) return undefined
      const verdict = checkLine(line, head)
      if (!verdict.ok) {
        failAt(head.records + 1, verdict.reason)
        return undefined
      }
      const { record } = verdict
      const remaining = record.remaining ?? 0
      if (owed > 0 && remaining !== owed - 1) {
        failAt(record.sequence, 'does not belong to the append that the record before it began')
        return undefined
      }
      head = headAt(record)
      owed = remaining
      if (owed === 0) settled = head
      checkAnchors()
      return fault === undefined ? record : undefined
    },
    fail(reason) {
      failAt(head.records + 1, reason)
    },
    finish(unfinished = false) {
      const end = unfinished ? settled : head
      if (owed > 0 && !unfinished) {
        failAt(end.records + 1, `is missing: ${owed} more of its append were written`)
      }
      const furthest = Math.max(0, ...anchors.map(({ records }) => records))
      if (furthest > end.records) {
        failAt(end.records + 1, `is missing: there were ${furthest} when the anchor was taken`)
      }
      return fault ?? { ok: true, ...end }
    },
  }
}
