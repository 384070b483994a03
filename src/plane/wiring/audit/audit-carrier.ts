import { nextTurn } from '../../../clock.ts'
import { ModelspineError, messageOf } from '../../../errors.ts'
import type { AuditEntry, AuditLog, AuditRecord } from '../../../security/contract.ts'
import { standInEntry } from '../../../security/stand-in-entry.ts'
import type { Fence, OutboxEvent, StateStore } from '../../../store/contract.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import type { AuditEnd } from './audit-end.ts'

const batch = 200

export interface AuditCarrierOptions {
  readonly store: StateStore
  readonly audit: AuditLog
  readonly end: AuditEnd
  readonly logger: Logger
  /** Undefined when nothing may be carried now. */
  fence(): Fence | undefined
  /** Called when a stand-in took the place of an entry. */
  omitted(error: ModelspineError): void
}

type Appended = { readonly records: readonly AuditRecord[] } | { readonly error: unknown }

/**
 * Carries events in commit order: read, append, acknowledge, until none is left. Throws the errors of the store
 * and of the log, and `audit-broken` before it appends anything when the log has lost its end.
 *
 * When an append fails, it goes on with one entry at a time and doubles that number with each success. So it
 * finds the entry that the log refuses. A stand-in takes the place of that entry. It is the entry's fault when
 * the log says so with a TypeError, or when the log refuses it again right after it took another waiting entry.
 */
export function createAuditCarrier(options: AuditCarrierOptions): () => Promise<void> {
  const { store, audit, end, logger, fence, omitted } = options
  let size = batch

  const append = async (entries: readonly AuditEntry[]): Promise<Appended> => {
    try {
      return { records: await audit.append(entries) }
    } catch (error) {
      return { error }
    }
  }

  /** Appends the first event, or its stand-in. Throws when the log takes nothing now. */
  const carryFirst = async (
    first: OutboxEvent,
    others: readonly OutboxEvent[],
    error: unknown,
  ): Promise<readonly AuditRecord[]> => {
    let refusal = error
    if (!(refusal instanceof TypeError)) {
      const witness = smallest(others)
      if (witness === undefined || 'error' in (await append([witness.entry]))) throw error
      const again = await append([first.entry])
      if ('records' in again) return again.records
      refusal = again.error
    }
    const records = await audit.append([standInEntry(first.entry, refusal)])
    const { id, action, key } = first.entry
    logger.error(
      { id, action, key, error: messageOf(refusal) },
      'the audit log refused an entry; a stand-in without its details was appended in its place',
    )
    omitted(
      new ModelspineError(
        'audit-unavailable',
        `the audit log refused the details of entry ${id} (${action} of ${key}): ${messageOf(refusal)}`,
        { cause: refusal, retryable: false, details: { id, action, key } },
      ),
    )
    return records
  }

  return async () => {
    for (;;) {
      const held = fence()
      if (held === undefined) return
      await end.expectKept(held.fence)
      const events = await store.readEvents(batch)
      const part = events.slice(0, size)
      const [first] = part
      if (first === undefined) return
      const appended = await append(part.map(({ entry }) => entry))
      let records: readonly AuditRecord[]
      if ('error' in appended) {
        size = 1
        if (part.length > 1) continue
        records = await carryFirst(first, events.slice(1), appended.error)
      } else {
        size = Math.min(batch, size * 2)
        records = appended.records
      }
      await store.acknowledgeEvents(
        part.map(({ id }) => id),
        held,
        end.reached(records),
      )
      // Much may wait, and a log may answer at once. Other work has its turn in between.
      if (part.length === batch) await nextTurn()
    }
  }
}

/** The event that a log with a limit of size takes most likely. */
function smallest(events: readonly OutboxEvent[]): OutboxEvent | undefined {
  const sized = events.map((event) => ({ event, size: JSON.stringify(event.entry).length }))
  return sized.sort((one, other) => one.size - other.size)[0]?.event
}
