import { messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { canonicalJson, formerJson, hasHalfPair } from '../json.ts'
import type { AuditEntry, AuditHead, AuditRecord } from './contract.ts'

/** The head of an empty chain. */
export const emptyChain: AuditHead = { records: 0, head: '0'.repeat(64) }

/** The version of the records that are written now. See `AuditRecord.version`. */
const recordVersion = 2

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
    version: recordVersion,
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
    return interchangeableJson(value)
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

/** Checks a line to the byte, because a record has only one spelling: the text that was hashed. */
export function checkLine(line: string, previous: AuditHead): LineVerdict {
  try {
    return checkRecord(JSON.parse(line) as AuditRecord, line, previous)
  } catch {
    // It is no JSON, is nested too deep to be written again, or is not Unicode.
    return notARecord
  }
}

const notARecord: LineVerdict = { ok: false, reason: 'is not a record' }

function checkRecord(record: AuditRecord, line: string, previous: AuditHead): LineVerdict {
  const { hash, ...unsigned } = record
  if (typeof record.sequence !== 'number' || typeof hash !== 'string') return notARecord
  const forms = formsOf(record.version)
  if (forms === undefined) {
    const reason = `has version ${record.version}, which this Modelspine does not know: check it with a newer one`
    return { ok: false, reason }
  }
  const form = forms.find((each) => sha256(each(unsigned)) === hash)
  if (form === undefined) {
    return { ok: false, reason: 'does not match its own hash: its content was changed' }
  }
  if (form(record) !== line) return { ok: false, reason: 'is not spelled as it was written' }
  if (record.sequence !== previous.records + 1) {
    return { ok: false, reason: `is missing: record ${record.sequence} stands in its place` }
  }
  if (record.previousHash !== previous.head) {
    return { ok: false, reason: 'does not follow the record before it: one of the two was replaced' }
  }
  return { ok: true, record }
}

type Form = (value: unknown) => string

/** The texts that may have been hashed. Those of records without a version differ in the order of some names. */
function formsOf(version: number | undefined): readonly Form[] | undefined {
  if (version === undefined) return [canonicalJson, formerJson]
  return version === recordVersion ? [interchangeableJson] : undefined
}

/** RFC 8785 to the letter. Throws for what another language could not hash again. */
function interchangeableJson(value: unknown): string {
  const text = canonicalJson(value)
  if (hasHalfPair(text)) throw new TypeError('a text holds half of a surrogate pair, which is not Unicode')
  return text
}
