import assert from 'node:assert/strict'
import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { AuditEntry, AuditLog, AuditRecord, AuditVerdict } from '../../security/contract.ts'

/** An empty log, and what its fixture can do to it. */
export interface AuditLogSubject {
  readonly log: AuditLog
  /** Opens the same log again after `log` was closed. Needed when the log is durable. */
  reopen?(): Promise<AuditLog> | AuditLog
  /** Changes the stored text of one record, without changing its length. */
  tamper?(sequence: number): Promise<void>
}

export function entry(id: string, details: AuditEntry['details'] = { id }): AuditEntry {
  return {
    id,
    atMs: 1_767_225_600_000,
    actor: { name: 'ada', roles: ['release'] },
    action: 'deployment-applied',
    kind: 'ModelDeployment',
    key: 'default/churn',
    uid: 'uid-1',
    generation: 1,
    details,
  }
}

export function entries(count: number, prefix = 'event'): readonly AuditEntry[] {
  return Array.from({ length: count }, (_, index) => entry(`${prefix}-${index + 1}`))
}

export async function all(log: AuditLog, fromSequence?: number): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  const options = fromSequence === undefined ? {} : { fromSequence }
  for await (const record of log.read(options)) records.push(record)
  return records
}

export async function ids(log: AuditLog): Promise<readonly string[]> {
  return (await all(log)).map(({ id }) => id)
}

/** Asserts that records are numbered, hashed and chained as the contract says. */
export function assertChained(records: readonly AuditRecord[]): void {
  let previousHash = '0'.repeat(64)
  for (const [index, record] of records.entries()) {
    const { hash, ...unsigned } = record
    assert.equal(record.sequence, index + 1, 'records are numbered from 1 without gaps')
    assert.equal(record.previousHash, previousHash, `record ${record.sequence} names the hash before it`)
    assert.equal(hash, sha256(canonicalJson(unsigned)), `record ${record.sequence} is hashed as it is`)
    previousHash = hash
  }
}

export function assertWhole(verdict: AuditVerdict, records: readonly AuditRecord[]): void {
  const head = records.at(-1)?.hash ?? '0'.repeat(64)
  assert.deepEqual(verdict, { ok: true, records: records.length, head })
}
