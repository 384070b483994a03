import { messageOf } from '../errors.ts'
import { canonicalJson, sha256 } from '../hash.ts'
import type { AuditEntry, AuditHead, AuditRecord } from './contract.ts'

/** The head of a chain without records. */
export const emptyChain: AuditHead = { records: 0, head: '0'.repeat(64) }

/** An entry's place in the chain, as the line to be written; `remaining` records of the same append follow it. */
export interface LinkedRecord {
  readonly record: AuditRecord
  /** The record's canonical JSON, without an end of line. */
  readonly line: string
}

/** Gives an entry its place behind `previous`. Throws `TypeError` for what is not JSON. */
export function link(entry: AuditEntry, previous: AuditHead, remaining = 0): LinkedRecord {
  const { remaining: _, hash: __, ...own } = entry as AuditEntry & Partial<AuditRecord>
  const unsigned = {
    ...own,
    sequence: previous.records + 1,
    previousHash: previous.head,
    ...(remaining > 0 ? { remaining } : {}),
  }
  const hash = sha256(jsonOf(entry.id, unsigned))
  const line = jsonOf(entry.id, { ...unsigned, hash })
  return { line, record: JSON.parse(line) as AuditRecord }
}

function jsonOf(id: string, value: unknown): string {
  try {
    return canonicalJson(value)
  } catch (cause) {
    throw new TypeError(`audit entry "${id}" is not JSON: ${messageOf(cause)}`, { cause })
  }
}

/** Links entries that are appended together. */
export function linkAll(entries: readonly AuditEntry[], previous: AuditHead): readonly LinkedRecord[] {
  const linked: LinkedRecord[] = []
  let head = previous
  for (const [index, entry] of entries.entries()) {
    const next = link(entry, head, entries.length - 1 - index)
    linked.push(next)
    head = headAt(next.record)
  }
  return linked
}

export function headAt(record: AuditRecord): AuditHead {
  return { records: record.sequence, head: record.hash }
}

/** One line read back: the record, or how it shows that the line is not what was written behind `previous`. */
export type LineVerdict =
  | { readonly ok: true; readonly record: AuditRecord }
  | { readonly ok: false; readonly reason: string }

/** Checks a line to the byte: a record's only spelling is its canonical JSON. */
export function checkLine(line: string, previous: AuditHead): LineVerdict {
  const record = parseLine(line)
  if (record === undefined) return { ok: false, reason: 'is not a record' }
  const { hash, ...unsigned } = record
  if (sha256(canonicalJson(unsigned)) !== hash) {
    return { ok: false, reason: 'does not match its own hash: its content was changed' }
  }
  if (canonicalJson(record) !== line) {
    return { ok: false, reason: 'is not spelled as it was written' }
  }
  if (record.sequence !== previous.records + 1) {
    return { ok: false, reason: `is missing: record ${record.sequence} stands in its place` }
  }
  if (record.previousHash !== previous.head) {
    return { ok: false, reason: 'does not follow the record before it: one of the two was replaced' }
  }
  return { ok: true, record }
}

function parseLine(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line) as AuditRecord | null
    const whole = typeof value?.sequence === 'number' && typeof value.hash === 'string'
    return whole ? value : undefined
  } catch {
    return undefined
  }
}
