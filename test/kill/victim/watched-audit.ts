import type { AuditLog } from 'modelspine/adapter'
import type { Reach } from './reach.ts'

/** A log that passes a point before and after each append. */
export function watchedAudit(inner: AuditLog, reach: Reach): AuditLog {
  return {
    ...inner,
    async append(entries) {
      reach('audit/before-append')
      const records = await inner.append(entries)
      reach('audit/after-append')
      return records
    },
  }
}
