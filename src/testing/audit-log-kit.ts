import { appendLaws } from './audit-log/append-laws.ts'
import { readingLaws } from './audit-log/reading-laws.ts'
import type { AuditLogSubject } from './audit-log/subject.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'

export type { AuditLogSubject } from './audit-log/subject.ts'

/** The laws of an AuditLog. Each law gets an empty log. */
export const auditLogLaws: readonly Law<AuditLogSubject>[] = [...appendLaws, ...readingLaws]

/** Registers the laws of AuditLog as tests of one implementation. */
export function auditLogConformance(options: KitOptions<AuditLogSubject>): void {
  runKit('AuditLog', auditLogLaws, options)
}
