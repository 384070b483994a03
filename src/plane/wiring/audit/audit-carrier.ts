import { nextTurn } from '../../../clock.ts'
import { ModelspineError, messageOf } from '../../../errors.ts'
import type { AuditEntry, AuditLog } from '../../../security/contract.ts'
import { standInEntry } from '../../../security/stand-in-entry.ts'
import type { Fence, OutboxEvent, StateStore } from '../../../store/contract.ts'
import type { Logger } from '../../../telemetry/logger.ts'

const batch = 200

export interface AuditCarrierOptions {
  readonly store: StateStore
  readonly audit: AuditLog
  readonly logger: Logger
  /** Undefined when nothing may be carried now. */
  fence(): Fence | undefined
  /** Called when a stand-in took the place of an entry. */
  omitted(error: ModelspineError): void
}

/**
 * Carries events in commit order: read, append, acknowledge, until none is left. Throws the errors of the store
 * and of the log.
 *
 * When an append fails, it goes on with one entry at a time and doubles that number with each success. So it
 * finds the entry that the log refuses. A stand-in takes the place of that entry. It is the entry's fault when
 * the log says so with a TypeError, or when the log refuses it again right after it took another waiting entry.
 */
export function createAuditCarrier(options: AuditCarrierOptions): () => Promise<void> {
  const { store, audit, logger, fence, omitted } = options
  let size = batch

  const failureOf = async (entries: readonly AuditEntry[]): Promise<{ error: unknown } | undefined> => {
    try {
      await audit.append(entries)
      return undefined
    } catch (error) {
      return { error }
    }
  }

  /** Appends the first event, or its stand-in. Throws when the log takes nothing now. */
  const carryFirst = async (
    first: OutboxEvent,
    others: readonly OutboxEvent[],
    error: unknown,
  ): Promise<void> => {
    let refusal = error
    if (!(refusal instanceof TypeError)) {
      const witness = smallest(others)
      if (witness === undefined || (await failureOf([witness.entry])) !== undefined) throw error
      const again = await failureOf([first.entry])
      if (again === undefined) return
      refusal = again.error
    }
    await audit.append([standInEntry(first.entry, refusal)])
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
  }

  return async () => {
    for (;;) {
      const held = fence()
      if (held === undefined) return
      const events = await store.readEvents(batch)
      const part = events.slice(0, size)
      const [first] = part
      if (first === undefined) return
      const failure = await failureOf(part.map(({ entry }) => entry))
      if (failure !== undefined) {
        size = 1
        if (part.length > 1) continue
        await carryFirst(first, events.slice(1), failure.error)
      } else {
        size = Math.min(batch, size * 2)
      }
      await store.acknowledgeEvents(
        part.map(({ id }) => id),
        held,
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
