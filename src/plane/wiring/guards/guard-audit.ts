import type { AuditLog } from '../../../security/contract.ts'
import { itemsInTime } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import { fieldsIn } from './shapes/shape.ts'

/** A log may have to read far to the record that is asked for. */
const readingTakes = 6

/**
 * The same audit log, with a limit on `append` and on the wait for each record. `verify` reads everything, so it
 * may take as long as it needs.
 */
export function guardAudit(
  part: GuardedPart,
  audit: AuditLog,
  { auditMs }: { readonly auditMs: number },
): AuditLog {
  return {
    get capabilities() {
      return audit.capabilities
    },
    append: (entries) =>
      part.call({
        verb: 'append',
        limitMs: auditMs,
        run: () => audit.append(entries),
        wrong: (records) =>
          Array.isArray(records) &&
          records.length === entries.length &&
          entries.every(({ id }, place) => isRecordOf(id, records[place]))
            ? undefined
            : 'it is not a record for each entry',
      }),
    read: (options) =>
      itemsInTime(
        () => audit.read(options),
        (run) => part.call({ verb: 'read', limitMs: auditMs * readingTakes, run }),
      ),
    verify: (options) => audit.verify(options),
  }
}

function isRecordOf(id: string, record: unknown): boolean {
  const fields = fieldsIn(record)
  return fields?.id === id && typeof fields.sequence === 'number' && typeof fields.hash === 'string'
}
