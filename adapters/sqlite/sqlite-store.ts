import { resolve } from 'node:path'
import {
  type Clock,
  checkEventRoom,
  checkFence,
  createChangeFeed,
  deleteWrite,
  extendLease,
  freeLease,
  grantLease,
  type Key,
  type Kind,
  keyOf,
  type Lease,
  ModelspineError,
  type ObjectWrite,
  type OutboxEvent,
  type PutStatusOptions,
  type Shard,
  type SpecWrite,
  type StateStore,
  shardOf,
  specWrite,
  statusWrite,
  systemClock,
  urgentReserve,
} from 'modelspine/adapter'
import { createDamagedRows } from './damaged-rows.ts'
import type { Calls, LeaseState, PageBounds, Refusal } from './sqlite-calls.ts'
import { createLink, type SqliteLink } from './sqlite-link.ts'
import { sqliteMeasurements } from './sqlite-measurements.ts'
import { eventOf, type FoundObject, leaseOf, leaseRowOf, objectOf, rowOf } from './sqlite-rows.ts'
import { createSqliteWatch } from './sqlite-watch.ts'

export interface SqliteStoreOptions {
  /** A file on a local disk. The store makes the file, but not its folder. */
  readonly path: string
  /**
   * Decides when leases expire. Default: the machine's clock. All processes that share the file must agree on
   * the time.
   */
  readonly clock?: Clock
  /** How many milliseconds a call waits for another process to finish its write. Default 5,000. */
  readonly busyTimeoutMs?: number
  /** The milliseconds between two looks of a watch for changes by other processes. Default 250. */
  readonly pollMs?: number
  /**
   * The most pages of 4,096 bytes that the file may use. Above it, writes throw `store-full`. Default: no
   * limit.
   */
  readonly maxPages?: number
  /**
   * How many events may wait to be acknowledged. Default 100,000. Above it, a write that brings events throws
   * `store-full`. Urgent writes have room for a tenth more of events and of pages, and at least for 16.
   */
  readonly maxEvents?: number
}

export interface SqliteStore extends StateStore {
  /** Changes the limit of this handle. Below what the file uses, no write may take more. */
  setMaxPages(maxPages: number): Promise<void>
}

/** How many objects `list` reads at once. What is made of them comes in one turn of the event loop. */
const pageSize = 64
/** How many keys are read at once. */
const keysPageSize = 1000

/**
 * A StateStore in one SQLite file, for any number of processes on one machine. A thread of its own works on the
 * file. The store starts it at the first call, and again when it has died; it opens the file, and again after an
 * error that made the connection unusable. Throws `invalid-options` for invalid options.
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { clock = systemClock, busyTimeoutMs = 5000, pollMs = 250, maxPages, maxEvents = 100_000 } = options
  if (typeof options.path !== 'string' || options.path === '' || options.path === ':memory:') {
    throw new ModelspineError(
      'invalid-options',
      `path is "${options.path}", which names no file: give a path such as "modelspine.db", or use memoryStore()`,
    )
  }
  expectAtLeast('busyTimeoutMs', busyTimeoutMs, 0)
  expectAtLeast('pollMs', pollMs, 1)
  if (maxPages !== undefined) expectAtLeast('maxPages', maxPages, 1)
  expectAtLeast('maxEvents', maxEvents, 1)
  const path = resolve(options.path)
  const bounds = maxPages === undefined ? undefined : boundsOf(maxPages)
  const link = createLink({ path, clock, busyTimeoutMs, maxPages: bounds })
  const feed = createChangeFeed()
  const damaged = createDamagedRows()
  const watching = createSqliteWatch({ link, feed, clock, pollMs })

  /** `stored` is absent when the object was removed. */
  const changed = (kind: Kind, key: Key, stored?: { readonly version: number }): void => {
    damaged.forget(kind, key)
    feed.publish({ type: 'changed', kind, key, ...(stored && { version: String(stored.version) }) })
  }
  /** Throws the error of a write that was refused. */
  const refused = (refusal: Refusal, added: number, { fence, urgent = false }: FencedWrite): never => {
    if (refusal.type === 'full') {
      checkEventRoom({ waiting: refusal.waiting, added, maxEvents, urgent })
    } else if (fence !== undefined) {
      checkFence(refusal.lease && leaseOf(refusal.lease), fence)
    }
    throw new ModelspineError('store-unavailable', `${path}: the write was refused (${refusal.type})`)
  }

  /** Decides over what is stored, and writes if that is still stored. Otherwise it decides again. */
  const decided = <Write extends ObjectWrite>(
    kind: Kind,
    key: Key,
    decide: (found: FoundObject | null) => Write,
  ): Promise<Write> =>
    link.during(async () => {
      for (let row = await link.ask('object', { kind, key }); ; ) {
        const write = decide(row && objectOf(row))
        if (write.type === 'nothing') return write
        const answer = await link.ask('put', {
          kind,
          key,
          seen: row?.version ?? null,
          row: write.type === 'put' ? rowOf(write.stored) : null,
          events: write.events.map((entry) => JSON.stringify(entry)),
          mostEvents: maxEvents,
          urgent: false,
        })
        if (answer.type === 'changed') {
          row = answer.row
          continue
        }
        if (answer.type !== 'written') return refused(answer, write.events.length, {})
        changed(kind, key, write.type === 'put' ? answer : undefined)
        return write.type === 'put' ? withVersion(write, String(answer.version)) : write
      }
    })

  const changeLease = (
    name: string,
    decide: (last: Lease | null, state: LeaseState) => Lease | null,
  ): Promise<Lease | null> =>
    link.during(async () => {
      for (let seen = await link.ask('lease', { name }); ; ) {
        const lease = decide(seen.lease && leaseOf(seen.lease), seen)
        if (lease === null) return null
        const answer = await link.ask('grant', { seen, next: leaseRowOf(lease), urgent: true })
        if (answer.type === 'written') return lease
        seen = answer.state
      }
    })

  const eventsAt = async (ask: Calls['events']['ask']): Promise<readonly OutboxEvent[]> => {
    const { identity, rows } = await link.ask('events', ask)
    return rows.map((row) => eventOf(row, identity, clock.now()))
  }

  return {
    capabilities: { durable: true, shared: true, fencing: 'granted' },
    async get(kind, key) {
      const row = await link.ask('object', { kind, key })
      return damaged.expectRead(kind, key, row && objectOf(row))
    },
    async putSpec(resource, put) {
      const write = await decided(resource.kind, keyOf(resource.metadata), (found) =>
        specWrite(found?.type === 'read' ? found.stored : null, resource, put, uncommitted),
      )
      return write.stored
    },
    async putStatus(kind, key, status, put) {
      const { expect, fence, urgent = false } = put
      const answer = await link.ask('status', {
        kind,
        key,
        expect,
        status: status === undefined ? null : JSON.stringify(status),
        finalizers: put.finalizers === undefined ? null : JSON.stringify(put.finalizers),
        events: put.events.map((entry) => JSON.stringify(entry)),
        mostEvents: maxEvents + (urgent ? urgentReserve(maxEvents) : 0),
        fence,
        urgent,
      })
      if (answer.type === 'changed') {
        const found = damaged.expectRead(kind, key, answer.row && objectOf(answer.row))
        statusWrite(found, kind, key, status, put, uncommitted)
        throw new ModelspineError('conflict', `${kind} ${key} was changed by someone else: read it again`)
      }
      if (answer.type === 'full' || answer.type === 'stale') return refused(answer, put.events.length, put)
      changed(kind, key, answer.type === 'removed' ? undefined : answer.row)
      return answer.type === 'removed' ? null : objectOf(answer.row).stored
    },
    async delete(kind, key, mark) {
      const write = await decided(kind, key, (found) =>
        deleteWrite(found?.stored ?? null, kind, key, mark, uncommitted),
      )
      return write.type === 'remove' ? null : write.stored
    },
    async putEvents(kind, key, events, fence) {
      const answer = await link.ask('record', {
        kind,
        key,
        events: events.map((entry) => JSON.stringify(entry)),
        mostEvents: maxEvents,
        fence,
        urgent: false,
      })
      if (answer.type !== 'written') return refused(answer, events.length, { ...(fence && { fence }) })
      feed.publish({ type: 'changed', kind, key })
    },
    async *list(kind, { after = '', limit = Infinity } = {}) {
      const unreadable = new Set<Key>()
      let left = limit
      for (let last: string = after; left > 0; ) {
        const page = await link.ask('page', { kind, after: last, limit: Math.min(pageSize, left) })
        for (const row of page) {
          const stored = damaged.readable(objectOf(row))
          if (stored === undefined) {
            unreadable.add(row.key as Key)
          } else {
            left -= 1
            yield stored
          }
        }
        const end = page.at(-1)
        if (end === undefined) {
          if (after === '') damaged.keepOnly(kind, unreadable)
          return
        }
        last = end.key
      }
    },
    async *keys(kind, { after = '', limit = Infinity } = {}) {
      let left = limit
      for (let last: string = after; left > 0; ) {
        const page = await link.ask('keys', { kind, after: last, limit: Math.min(keysPageSize, left) })
        yield* page
        const end = page.at(-1)
        if (end === undefined) return
        left -= page.length
        last = end
      }
    },
    watch: watching.watch,
    mark: async () => String(await link.ask('mark', {})),
    readEvents: (limit, shard) =>
      shard === undefined
        ? eventsAt({ limit })
        : link.during(async () => eventsAt({ positions: await positionsOf(link, limit, shard) })),
    async acknowledgeEvents(ids, fence, head) {
      const answer = await link.ask('forget', { ids, fence, head, urgent: true })
      if (answer.type === 'stale') refused(answer, 0, { ...(fence && { fence }) })
    },
    auditHead: () => link.ask('auditHead', {}),
    acquireLease: (name, holder, ttlMs) =>
      changeLease(name, (last, { identity, fence }) =>
        grantLease(last, { name, holder, ttlMs, store: identity, newestFence: fence }, clock.now()),
      ),
    async renewLease(lease, ttlMs) {
      const { name, holder, fence } = lease
      const nowMs = clock.now()
      const expiresAtMs =
        extendLease({ ...lease, expiresAtMs: Infinity }, lease, ttlMs, nowMs)?.expiresAtMs ?? 0
      const row = await link.ask('renew', { name, holder, fence, nowMs, expiresAtMs, urgent: true })
      return row && leaseOf(row)
    },
    async releaseLease(lease) {
      await changeLease(lease.name, (last) => freeLease(last, lease))
    },
    faults: () => damaged.faults,
    measurements: sqliteMeasurements(link, clock),
    async setMaxPages(pages) {
      expectAtLeast('maxPages', pages, 1)
      await link.setMaxPages(boundsOf(pages))
    },
    async close() {
      watching.stop()
      feed.close()
      await link.close()
    },
  }
}

type FencedWrite = Pick<PutStatusOptions, 'fence' | 'urgent'>

/** The version of an object before its commit. */
const uncommitted = ''

function withVersion<Write extends ObjectWrite>(write: Write, version: string): Write {
  return { ...write, stored: { ...(write as SpecWrite).stored, version } }
}

function boundsOf(maxPages: number): PageBounds {
  return { pages: maxPages, reserve: urgentReserve(maxPages) }
}

/** The positions of the oldest events of a shard. */
async function positionsOf(
  link: SqliteLink,
  limit: number,
  { index, of }: Shard,
): Promise<readonly number[]> {
  const positions: number[] = []
  for (let after = 0; ; ) {
    const page = await link.ask('eventKeys', { after, limit: keysPageSize })
    for (const { position, key } of page) if (shardOf(key, of) === index) positions.push(position)
    const end = page.at(-1)
    if (end === undefined || positions.length >= limit) return positions.slice(0, limit)
    after = end.position
  }
}

function expectAtLeast(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new ModelspineError(
    'invalid-options',
    `${option} is ${value}: give a whole number of at least ${least}`,
  )
}
