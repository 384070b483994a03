import { type Clock, nextTurn, systemClock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import { type Key, keyOf } from '../resources/metadata.ts'
import type { AuditEntry, AuditHead } from '../security/contract.ts'
import { createChangeFeed } from './change-feed.ts'
import type { Fence, Kind, Lease, ListOptions, OutboxEvent, StateStore, StoredObject } from './contract.ts'
import { checkEventRoom } from './event-room.ts'
import { checkFence, extendLease, freeLease, grantLease } from './lease-rules.ts'
import { memoryMeasurements } from './memory-measurements.ts'
import { deleteWrite, type ObjectWrite, specWrite, statusWrite } from './object-writes.ts'
import { shardOf } from './shard-of.ts'

export interface MemoryStoreOptions {
  /** Decides when leases expire. Default: the machine's clock. */
  readonly clock?: Clock
  /**
   * How many events may wait to be acknowledged. Default 100,000. When that many wait, the store refuses a
   * write that brings events with `store-full`, because a change without its event must not happen. Urgent
   * writes have room for a tenth more, and at least for 16.
   */
  readonly maxEvents?: number
}

/**
 * A StateStore in the memory of this process. It is for tests, for examples, and for planes that apply all
 * resources again at every start. The objects that it returns are frozen and shared, never copied. So a read
 * costs one look-up.
 *
 * Its fences begin at 1,024 times the time in milliseconds and a random part below 1,024, because the store
 * forgets them at its end. So the fences of a restarted app are newer than those before, unless its clock was
 * set back. All memory stores have the identity `memory`. So two that live at once must not work on one target.
 */
export function memoryStore(options: MemoryStoreOptions = {}): StateStore {
  const clock = options.clock ?? systemClock
  const maxEvents = options.maxEvents ?? 100_000
  const feed = createChangeFeed()
  /** One lease for each name that the plane uses. */
  const leases = new Map<string, Lease>()
  const shelves: Readonly<Record<Kind, Shelf>> = { ModelDeployment: newShelf(), ModelRoute: newShelf() }
  /** By id, in commit order. */
  const events = new Map<string, OutboxEvent & { readonly of: Key }>()
  let newestFence = Math.trunc(clock.now()) * fencesPerMs + Math.trunc(clock.random() * fencesPerMs)
  let versions = 0
  let eventIds = 0
  let auditHead: AuditHead | null = null
  let closed = false

  const open = (): void => {
    if (closed) throw new ModelspineError('store-unavailable', 'this store was closed', { retryable: false })
  }

  const keep = (lease: Lease | null): Lease | null => {
    if (lease === null) return null
    leases.set(lease.name, lease)
    newestFence = Math.max(newestFence, lease.fence)
    return lease
  }

  const fenced = (fence: Fence | undefined): void => {
    if (fence !== undefined) checkFence(leases.get(fence.lease) ?? null, fence)
  }

  const nextVersion = (): string => String(versions + 1)

  /** The events as they are kept, if they have room. */
  const withRoom = (added: readonly AuditEntry[], urgent = false): readonly AuditEntry[] => {
    checkEventRoom({ waiting: events.size, added: added.length, maxEvents, urgent })
    return deepFreeze(JSON.parse(JSON.stringify(added)) as typeof added)
  }

  /** The last part of each write. */
  const tell = (kind: Kind, key: Key, entries: readonly AuditEntry[], version?: string): void => {
    versions += 1
    for (const entry of entries) {
      eventIds += 1
      const id = String(eventIds)
      events.set(id, { id, entry, of: key })
    }
    feed.publish({ type: 'changed', kind, key, ...(version !== undefined && { version }) })
  }

  const commit = (write: ObjectWrite, urgent = false): StoredObject | null => {
    if (write.type === 'nothing') return write.stored
    const { kind, key } = write.type === 'put' ? write.stored : write.removed
    const entries = withRoom(write.events, urgent)
    const shelf = shelves[kind]
    if (write.type === 'put') {
      if (!shelf.objects.has(key)) shelf.added.push(key)
      shelf.objects.set(key, deepFreeze(write.stored))
    } else {
      shelf.objects.delete(key)
      shelf.removed = true
    }
    const stored = write.type === 'put' ? write.stored : null
    tell(kind, key, entries, stored?.version)
    return stored
  }

  /** What `look` makes of each key. After some of them the event loop gets a turn. */
  async function* each<Item>(
    kind: Kind,
    { after, limit = Infinity }: ListOptions,
    look: (key: Key, shelf: Shelf) => Item | undefined,
  ): AsyncGenerator<Item> {
    open()
    const shelf = shelves[kind]
    const keys = sortedKeysOf(shelf)
    let found = 0
    for (let place = placeAfter(keys, after); place < keys.length && found < limit; place += 1) {
      const item = look(keys[place] as Key, shelf)
      if (item === undefined) continue
      found += 1
      yield item
      if (found % itemsPerTurn === 0) await nextTurn()
    }
  }

  return {
    capabilities: { durable: false, shared: false, fencing: 'granted' },
    async get(kind, key) {
      open()
      return shelves[kind].objects.get(key) ?? null
    },
    async putSpec(resource, put) {
      open()
      const current = shelves[resource.kind].objects.get(keyOf(resource.metadata)) ?? null
      const write = specWrite(current, resource, put, nextVersion())
      commit(write)
      return write.stored
    },
    async putStatus(kind, key, status, put) {
      open()
      fenced(put.fence)
      const current = shelves[kind].objects.get(key) ?? null
      return commit(statusWrite(current, kind, key, status, put, nextVersion()), put.urgent)
    },
    async delete(kind, key, mark) {
      open()
      return commit(deleteWrite(shelves[kind].objects.get(key) ?? null, kind, key, mark, nextVersion()))
    },
    async putEvents(kind, key, added, fence) {
      open()
      fenced(fence)
      tell(kind, key, withRoom(added))
    },
    list: (kind, options = {}) => each(kind, options, (key, { objects }) => objects.get(key)),
    keys: (kind, options = {}) =>
      each(kind, options, (key, { objects }) => (objects.has(key) ? key : undefined)),
    watch: (abortSignal) => feed.watch(abortSignal),
    async mark() {
      open()
      return String(versions)
    },
    async readEvents(limit, shard) {
      open()
      const read: OutboxEvent[] = []
      for (const { of, ...event } of events.values()) {
        if (read.length >= limit) break
        if (shard === undefined || shardOf(of, shard.of) === shard.index) read.push(event)
      }
      return read
    },
    async acknowledgeEvents(ids, fence, head) {
      open()
      fenced(fence)
      for (const id of ids) events.delete(id)
      if (head !== undefined) auditHead = Object.freeze({ records: head.records, head: head.head })
    },
    async auditHead() {
      open()
      return auditHead
    },
    async acquireLease(name, holder, ttlMs) {
      open()
      const wanted = { name, holder, ttlMs, store: 'memory', newestFence }
      return keep(grantLease(leases.get(name) ?? null, wanted, clock.now()))
    },
    async renewLease(lease, ttlMs) {
      open()
      return keep(extendLease(leases.get(lease.name) ?? null, lease, ttlMs, clock.now()))
    },
    async releaseLease(lease) {
      open()
      keep(freeLease(leases.get(lease.name) ?? null, lease))
    },
    measurements: memoryMeasurements(clock, open),
    async close() {
      closed = true
      feed.close()
    },
  }
}

/** A later store has newer fences while an earlier one grants fewer than this in a millisecond. */
const fencesPerMs = 1024

/** How many items of a list come in one turn of the event loop. */
const itemsPerTurn = 256

interface Shelf {
  readonly objects: Map<Key, StoredObject>
  /** As of the last list. The array itself never changes, so a list that runs keeps its own. */
  sortedKeys: readonly Key[]
  /** Keys that were added since then, in any order. */
  added: Key[]
  /** Whether a key was removed since then. */
  removed: boolean
}

function newShelf(): Shelf {
  return { objects: new Map(), sortedKeys: [], added: [], removed: false }
}

/** Sorts only what is new: a sort of long sorted runs only merges them. */
function sortedKeysOf(shelf: Shelf): readonly Key[] {
  if (shelf.removed || shelf.added.length > 0) {
    const added = [...new Set(shelf.added)].sort()
    const kept = shelf.removed ? shelf.sortedKeys.filter((key) => shelf.objects.has(key)) : shelf.sortedKeys
    const keys = new Set([...kept, ...added.filter((key) => shelf.objects.has(key))])
    shelf.sortedKeys = [...keys].sort()
    shelf.added = []
    shelf.removed = false
  }
  return shelf.sortedKeys
}

/** Where the keys after `after` begin. */
function placeAfter(keys: readonly Key[], after: Key | undefined): number {
  let low = 0
  let high = after === undefined ? 0 : keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as Key) > (after as Key)) high = middle
    else low = middle + 1
  }
  return low
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
