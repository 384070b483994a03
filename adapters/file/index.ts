/** Registry and audit log in folders of files. */
export { type FileAuditLogOptions, fileAuditLog } from './file-audit-log.ts'
export { type FileRegistryOptions, fileRegistry } from './file-registry.ts'
