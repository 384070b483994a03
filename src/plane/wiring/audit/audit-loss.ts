import type { Clock } from '../../../clock.ts'
import { ModelspineError } from '../../../errors.ts'
import type { Actor } from '../../../resources/metadata.ts'
import { headAt } from '../../../security/audit-chain.ts'
import { boundedEntry } from '../../../security/bounded-entry.ts'
import type { AuditEntry, AuditHead, AuditLog, AuditVerdict } from '../../../security/contract.ts'
import type { Fence } from '../../../store/contract.ts'
import { type AuditEnd, lostRecord } from './audit-end.ts'

/** As `AuditLog.verify`, and against the head that the plane knows. */
export async function verifyWithEnd(
  audit: AuditLog,
  end: AuditEnd,
  { anchor, ...others }: Parameters<AuditLog['verify']>[0] = {},
): Promise<AuditVerdict> {
  const known = await end.known()
  if (known === null || anchor === undefined) {
    const one = known ?? anchor
    return audit.verify({ ...others, ...(one !== undefined && { anchor: one }) })
  }
  const [older, newer] = anchor.records < known.records ? [anchor, known] : [known, anchor]
  const verdict = await audit.verify({ ...others, anchor: newer })
  const lost = verdict.ok ? await lostRecord(audit, older) : undefined
  if (lost === undefined) return verdict
  return { ok: false, records: older.records - 1, sequence: older.records, reason: lost }
}

export interface ContinueOptions {
  readonly audit: AuditLog
  readonly end: AuditEnd
  readonly clock: Clock
  readonly actor: Actor
  fence(): Fence | undefined
}

/**
 * Lets the plane go on with a log that has lost its end. The next record of the log says who decided that, and what
 * was lost. Changes nothing when nothing is lost. Throws `audit-broken` when the log is broken inside.
 */
export async function continueAfterLoss(options: ContinueOptions): Promise<AuditHead> {
  const { audit, end, fence } = options
  const known = await end.known()
  const verdict = await audit.verify()
  if (!verdict.ok) {
    const { reason, sequence } = verdict
    const message = `the audit log cannot be continued: ${reason}. Keep it as evidence, and give the plane a new one`
    throw new ModelspineError('audit-broken', message, { details: { reason, sequence } })
  }
  const { records, head } = verdict
  if (known === null || (await lostRecord(audit, known)) === undefined) return { records, head }
  const [record] = await audit.append([lossEntry(options, { known, found: { records, head } })])
  const held = fence()
  if (record === undefined || held === undefined) {
    throw new ModelspineError('lease-held', 'the lease ended before the store knew of the new end: try again')
  }
  await end.restart(headAt(record), held)
  return headAt(record)
}

function lossEntry(
  { clock, actor }: ContinueOptions,
  details: Readonly<Record<'known' | 'found', AuditHead>>,
): AuditEntry {
  return boundedEntry({
    id: clock.id(),
    atMs: clock.now(),
    actor,
    action: 'log-continued',
    kind: 'AuditLog',
    key: 'default/audit-log',
    uid: '',
    generation: 0,
    details,
  })
}
