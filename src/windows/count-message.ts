import type { Bucket } from './bucket.ts'
import type { CountEntry } from './outgoing-counts.ts'
import { type SharedCounts, shareEveryMs } from './shared-counts.ts'

/** The counts that a message may hold, by a short name for each sort of series. */
export type CountSorts = Readonly<Record<string, SharedCounts>>

/** An entry in JSON: the series, the start of its second, and its counts. */
type Row = readonly [
  group: string,
  name: string,
  startMs: number,
  sums: readonly number[],
  tallies: readonly number[],
]

interface Message {
  readonly [sort: string]: { readonly rows: readonly Row[]; readonly lostUntilMs: number }
}

/** What an entry's row takes beside its texts: numbers are told with up to 17 digits. */
function charsOf({ group, name, bucket }: CountEntry): number {
  return 2 * (group.length + name.length) + 20 * (bucket.sums.length + bucket.tallies.length) + 40
}

/** Takes what waits to be told, in at most `maxChars` characters. Undefined when nothing waits. */
export function takeMessage(sorts: CountSorts, maxChars: number): string | undefined {
  let leftChars = maxChars - 1000
  let isEmpty = true
  const message: Record<string, Message[string]> = {}
  for (const [sort, { outgoing }] of Object.entries(sorts)) {
    const { entries, lostUntilMs } = outgoing.take((entry) => {
      leftChars -= charsOf(entry)
      return leftChars >= 0
    })
    if (entries.length === 0 && lostUntilMs === 0) continue
    isEmpty = false
    message[sort] = { rows: entries.map(rowOf), lostUntilMs }
  }
  return isEmpty ? undefined : JSON.stringify(message)
}

/** Adds what another process told. Returns false for a message that has not the form of one. */
export function mergeMessage(sorts: CountSorts, body: string, nowMs: number): boolean {
  const message = parsed(body)
  if (message === undefined) return false
  let wellFormed = true
  for (const [sort, counts] of Object.entries(sorts)) {
    const told = message[sort]
    if (told === undefined) continue
    if (!Array.isArray(told.rows)) return false
    for (const row of told.rows) {
      if (isRow(row)) counts.merge(entryOf(row), nowMs)
      else wellFormed = false
    }
    if (told.lostUntilMs > 0) counts.incompleteBefore(Math.min(told.lostUntilMs, nowMs))
  }
  return wellFormed
}

function rowOf({ group, name, bucket }: CountEntry): Row {
  return [group, name, bucket.startMs, bucket.sums, bucket.tallies]
}

function entryOf([group, name, startMs, sums, tallies]: Row): CountEntry {
  const bucket: Bucket = { startMs, widthMs: shareEveryMs, sums, tallies }
  return { group, name, bucket }
}

function parsed(body: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(body)
    return typeof message === 'object' && message !== null ? (message as Message) : undefined
  } catch {
    return undefined
  }
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row)) return false
  const [group, name, startMs, sums, tallies] = row as readonly unknown[]
  return (
    typeof group === 'string' &&
    typeof name === 'string' &&
    Number.isSafeInteger(startMs) &&
    areNumbers(sums) &&
    areNumbers(tallies)
  )
}

function areNumbers(list: unknown): boolean {
  return Array.isArray(list) && list.every((each) => Number.isFinite(each))
}
