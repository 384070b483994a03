import { messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { boundedEntry } from './bounded-entry.ts'
import type { AuditEntry } from './contract.ts'

/** What `details.omitted` of a stand-in says about the entry whose place it has. */
export interface OmittedDetails {
  /** The size of the whole entry as JSON. */
  readonly bytes: number
  /** SHA-256, hex, of the whole entry as JSON. */
  readonly sha256: string
  /** Why the audit log refused the entry. */
  readonly reason: string
}

/**
 * A small entry in the place of one that an audit log refuses, so that the change still has its one record. It
 * says who changed what; only the details are left out.
 */
export function standInEntry(entry: AuditEntry, refusal: unknown): AuditEntry {
  const text = JSON.stringify(entry)
  const omitted: OmittedDetails = {
    bytes: Buffer.byteLength(text),
    sha256: sha256(text),
    reason: messageOf(refusal),
  }
  return boundedEntry({ ...entry, details: { omitted } })
}
