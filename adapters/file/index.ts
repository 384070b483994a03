/** A registry and an audit log, each in a folder of files. */
export { type FileAuditLogOptions, fileAuditLog } from './file-audit-log.ts'
export { type FileRegistryOptions, fileRegistry } from './file-registry.ts'
