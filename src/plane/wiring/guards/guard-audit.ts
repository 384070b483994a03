import type { AuditLog } from '../../../security/contract.ts'
import type { GuardedPart } from './guarded-part.ts'
import { fieldsIn } from './shapes/shape.ts'

/**
 * The same audit log, with a limit on `append`. `verify` reads everything, so it may take as long as it
 * needs.
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
          entries.every(({ id }, place) => fieldsIn(records[place])?.id === id)
            ? undefined
            : 'it is not a record for each entry',
      }),
    read: (options) => audit.read(options),
    verify: (options) => audit.verify(options),
  }
}
