import { messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { canonicalJson } from '../json.ts'
import type { AuditEntry, AuditHead, AuditRecord } from './contract.ts'

/** The head of an empty chain. */
export const emptyChain: AuditHead = { records: 0, head: '0'.repeat(64) }

/** An entry with its place in the chain, and the line to write for it. */
export interface LinkedRecord {
  readonly record: AuditRecord
  /** The record's canonical JSON, without an end of line. */
  readonly line: string
}

/**
 * Gives an entry its place after `previous`. `remaining` records of the same append follow it. Throws
 * `TypeError` for an entry that is not JSON.
 */
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

/** The check of one line: the record, or the reason why this line was not written after `previous`. */
export type LineVerdict =
  | { readonly ok: true; readonly record: AuditRecord }
  | { readonly ok: false; readonly reason: string }

/** Checks a line to the byte, because a record has only one spelling: its canonical JSON. */
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
  /** The record's canonical JSON, its only allowed spelling. */
  readonly spelling: string
  /** The hash that the content must have. */
  readonly ownHash: string
}

/**
 * Undefined for a line that does not have the shape of a record, or whose JSON is nested too deep to write
 * again.
 */
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
