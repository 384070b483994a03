/** Registry and audit log in folders of files. */
export { type FileAuditLogOptions, fileAuditLog } from './file-audit-log.ts'
