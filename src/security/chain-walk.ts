import { checkLine, emptyChain, headAt } from './audit-chain.ts'
import type { AuditHead, AuditRecord, AuditVerdict } from './contract.ts'

/** Walks a chain line by line; the first fault is final. */
export interface ChainWalk {
  /** Undefined while all is well. */
  readonly fault: Extract<AuditVerdict, { ok: false }> | undefined
  readonly head: AuditHead
  /** Records still owed by the append that the last one belongs to. */
  readonly owed: number
  step(line: string): AuditRecord | undefined
  /** Ends the walk with a fault of the next record. */
  fail(reason: string): void
  /** The verdict when nothing follows. */
  finish(): AuditVerdict
}

/** `from` is the head of what was checked or dropped before; `anchor` a head that must stand in this chain. */
export function walkChain(
  options: { readonly from?: AuditHead; readonly anchor?: AuditHead } = {},
): ChainWalk {
  const { from = emptyChain, anchor } = options
  let head = from
  let owed = 0
  let fault: ChainWalk['fault']

  const failAt = (sequence: number, reason: string): void => {
    fault ??= {
      ok: false,
      records: Math.max(0, sequence - 1),
      sequence,
      reason: `record ${sequence} ${reason}`,
    }
  }
  const checkAnchor = (): void => {
    if (anchor?.records === head.records && anchor.head !== head.head) {
      failAt(head.records, 'is not the one that the anchor names: the chain was written anew')
    }
  }
  if (anchor !== undefined && anchor.records < from.records) {
    failAt(anchor.records, 'is no longer kept, so the anchor cannot be checked')
  }
  checkAnchor()

  return {
    get fault() {
      return fault
    },
    get head() {
      return head
    },
    get owed() {
      return owed
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
      checkAnchor()
      return record
    },
    fail(reason) {
      failAt(head.records + 1, reason)
    },
    finish() {
      if (owed > 0) failAt(head.records + 1, `is missing: ${owed} more of its append were written`)
      if (anchor !== undefined && anchor.records > head.records) {
        failAt(head.records + 1, `is missing: there were ${anchor.records} when the anchor was taken`)
      }
      return fault ?? { ok: true, ...head }
    },
  }
}

/** The verdict on a whole chain of canonical lines. */
export async function verifyChain(
  lines: Iterable<string> | AsyncIterable<string>,
  options: { readonly from?: AuditHead; readonly anchor?: AuditHead } = {},
): Promise<AuditVerdict> {
  const walk = walkChain(options)
  for await (const line of lines) {
    walk.step(line)
    if (walk.fault !== undefined) return walk.fault
  }
  return walk.finish()
}
