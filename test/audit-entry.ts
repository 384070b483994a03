import type { AuditEntry } from 'modelspine/adapter'

export function auditEntry(id: string, details: AuditEntry['details'] = {}): AuditEntry {
  return {
    id,
    atMs: 1_767_225_600_000,
    actor: { name: 'ada' },
    action: 'deployment-applied',
    kind: 'ModelDeployment',
    key: 'default/churn',
    uid: 'uid-1',
    generation: 1,
    details,
  }
}
