import { messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { canonicalJson } from '../json.ts'
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
  const parsed = parseLine(line)
  if (parsed === undefined) return { ok: false, reason: 'is not a record' }
  const { record, spelling, ownHash } = parsed
  if (ownHash !== record.hash) {
    return { ok: false, reason: 'does not match its own hash: its content was changed' }
  }
  if (spelling !== line) return { ok: false, reason: 'is not spelled as it was written' }
  if (record.sequence !== previous.records + 1) {
    return { ok: false, reason: `is missing: record ${record.sequence} stands in its place` }
  }
  if (record.previousHash !== previous.head) {
    return { ok: false, reason: 'does not follow the record before it: one of the two was replaced' }
  }
  return { ok: true, record }
}

interface ParsedLine {
  readonly record: AuditRecord
  /** The only way to write the record. */
  readonly spelling: string
  /** The hash that the content should have. */
  readonly ownHash: string
}

/** Undefined for what is not even the shape of a record, such as JSON nested too deep to be written again. */
function parseLine(line: string): ParsedLine | undefined {
  try {
    const record = JSON.parse(line) as AuditRecord
    const { hash, ...unsigned } = record
    if (typeof record.sequence !== 'number' || typeof hash !== 'string') return undefined
    return { record, spelling: canonicalJson(record), ownHash: sha256(canonicalJson(unsigned)) }
  } catch {
    return undefined
  }
}
