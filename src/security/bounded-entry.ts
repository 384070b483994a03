import { hasHalfPair, isRecord } from '../json.ts'
import type { AuditEntry } from './contract.ts'

const longestString = 4096
/** So much that a name of the longest kind always has room. */
const mostActorBytes = 64 * 1024
/** Leaves room for `truncated` below 64 kB. */
const mostDetailBytes = 64 * 1024 - 64
const deepest = 32

/**
 * The entry with strings of at most 4,096 characters, and with details and an actor of at most 64 kB each, so
 * that every audit log can keep it. Small members and the first items of lists stay, others are left out. Then
 * `details.truncated` says how many bytes the details had. Half of a surrogate pair becomes U+FFFD, because the
 * log refuses what is not Unicode. The same entry always gives the same result.
 */
export function boundedEntry(entry: AuditEntry): AuditEntry {
  const text = JSON.stringify([entry.actor, entry.details])
  const isUnicode = !hasHalfPair(text)
  if (text.length <= longestString && isUnicode) return entry
  const [actor, details] = JSON.parse(text) as [AuditEntry['actor'], AuditEntry['details']]
  const room = new Room(mostDetailBytes)
  const actorRoom = new Room(mostActorBytes)
  const bounded = { actor: actorRoom.fit(actor), details: room.fit(details) }
  const isCut = room.cut || actorRoom.cut
  if (!isCut && isUnicode) return entry
  const bytes = Buffer.byteLength(JSON.stringify(details))
  return {
    ...entry,
    actor: bounded.actor as AuditEntry['actor'],
    details: { ...(bounded.details as AuditEntry['details']), ...(isCut && { truncated: { bytes } }) },
  }
}

/** Fits JSON values into some bytes, one after another. */
class Room {
  cut = false
  private left: number

  constructor(bytes: number) {
    this.left = bytes
  }

  /** What has room of the value. Undefined when nothing has. */
  fit(value: unknown, depth = 0): unknown {
    if (Array.isArray(value)) return this.fitArray(value, depth)
    if (isRecord(value)) return this.fitRecord(value, depth)
    const short = typeof value === 'string' ? this.shorten(value.toWellFormed()) : value
    return this.take(short) ? short : undefined
  }

  private fitArray(items: readonly unknown[], depth: number): unknown {
    if (depth === deepest || !this.take([])) return this.leaveOut()
    const kept: unknown[] = []
    for (const item of items) {
      const fitted = this.fit(item, depth + 1)
      if (fitted === undefined) break
      kept.push(fitted)
      this.left -= 1
    }
    return kept
  }

  private fitRecord(record: Readonly<Record<string, unknown>>, depth: number): unknown {
    if (depth === deepest || !this.take({})) return this.leaveOut()
    const members = Object.entries(record)
    const kept = new Map<string, unknown>()
    for (const [name, member] of members.toSorted(([, one], [, other]) => lengthOf(one) - lengthOf(other))) {
      const fitted = this.take(`${name}::`) ? this.fit(member, depth + 1) : undefined
      if (fitted !== undefined) kept.set(name, fitted)
    }
    return Object.fromEntries(
      members.flatMap(([name]) => (kept.has(name) ? [[name.toWellFormed(), kept.get(name)]] : [])),
    )
  }

  private take(value: unknown): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(value))
    if (bytes > this.left) {
      this.cut = true
      return false
    }
    this.left -= bytes
    return true
  }

  private leaveOut(): undefined {
    this.cut = true
  }

  private shorten(text: string): string {
    if (text.length <= longestString) return text
    this.cut = true
    const note = `… [cut from ${text.length} characters]`
    const start = text.slice(0, longestString - note.length)
    return `${/[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start}${note}`
  }
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length
}
