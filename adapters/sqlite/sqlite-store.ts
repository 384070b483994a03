import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
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
  type Lease,
  ModelspineError,
  type ObjectWrite,
  type PutStatusOptions,
  type Resource,
  type Shard,
  type StateStore,
  shardOf,
  specWrite,
  statusWrite,
  systemClock,
} from 'modelspine/adapter'
import { createDamagedRows } from './damaged-rows.ts'
import { createConnection } from './sqlite-connection.ts'
import { sqliteMeasurements } from './sqlite-measurements.ts'
import {
  type EventRow,
  eventOf,
  type FoundObject,
  type LeaseRow,
  leaseOf,
  type ObjectRow,
  objectOf,
  rowOf,
} from './sqlite-rows.ts'
import type { Statements } from './sqlite-statements.ts'
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

/** How many objects `list` reads at once. */
const pageSize = 200
/** How many removals are kept for the watches of other processes. A watch that missed more gets `resync`. */
const removalsKept = 1000

/**
 * A StateStore in one SQLite file, for any number of processes on one machine. The store opens the file at
 * the first call, and again after an error that made the connection unusable. Throws `invalid-options` for
 * invalid options.
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
  const connection = createConnection({ path: resolve(options.path), clock, busyTimeoutMs, maxPages })
  const feed = createChangeFeed()
  const damaged = createDamagedRows()
  const watching = createSqliteWatch({ connection, feed, clock, pollMs })

  /** Decides and commits in one transaction, then tells this process's watches. */
  const change = async <Write extends ObjectWrite>(
    kind: Kind,
    key: Key,
    { fence, urgent = false }: Pick<PutStatusOptions, 'fence' | 'urgent'>,
    decide: (found: FoundObject | null, version: string) => Write,
  ): Promise<Write> => {
    const write = await connection.write((sql) => {
      if (fence !== undefined) checkFence(readLease(sql, fence.lease), fence)
      const version = Number(sql.version.get()?.value) + 1
      const decided = decide(findObject(sql, kind, key), String(version))
      if (decided.type !== 'nothing') {
        const waiting = Number(sql.waitingEvents.get()?.value)
        checkEventRoom({ waiting, added: decided.events.length, maxEvents, urgent })
      }
      commit(sql, decided, version, key)
      return decided
    }, urgent)
    if (write.type !== 'nothing') {
      damaged.forget(kind, key)
      feed.publish({ type: 'changed', kind, key })
    }
    return write
  }

  const changeLease = (
    name: string,
    decide: (last: Lease | null, sql: Statements) => Lease | null,
  ): Promise<Lease | null> =>
    connection.write((sql) => {
      const lease = decide(readLease(sql, name), sql)
      if (lease !== null) {
        const { holder, fence, expiresAtMs } = lease
        sql.setFence.run(fence)
        sql.putLease.run({ name, holder, fence, expires_at_ms: expiresAtMs })
      }
      return lease
    }, true)

  return {
    capabilities: { durable: true, shared: true, fencing: 'granted' },
    get: (kind, key) => connection.read((sql) => damaged.expectRead(kind, key, findObject(sql, kind, key))),
    async putSpec(resource: Resource, put) {
      const { namespace, name } = resource.metadata
      const write = await change(resource.kind, `${namespace}/${name}`, {}, (found, version) =>
        specWrite(found?.type === 'read' ? found.stored : null, resource, put, version),
      )
      return write.stored
    },
    async putStatus(kind, key, status, put) {
      const write = await change(kind, key, put, (found, version) =>
        statusWrite(damaged.expectRead(kind, key, found), kind, key, status, put, version),
      )
      return write.type === 'remove' ? null : write.stored
    },
    async delete(kind, key, mark) {
      const write = await change(kind, key, {}, (found, version) =>
        deleteWrite(found?.stored ?? null, kind, key, mark, version),
      )
      return write.type === 'remove' ? null : write.stored
    },
    async *list(kind, { after = '', limit = Infinity } = {}) {
      const unreadable = new Set<Key>()
      let left = limit
      for (let last: string = after; left > 0; ) {
        const page = await connection.read(
          (sql) => sql.page.all(kind, last, Math.min(pageSize, left)) as unknown as ObjectRow[],
        )
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
        await nextTurn()
      }
    },
    async *keys(kind, { after = '', limit = Infinity } = {}) {
      let left = limit
      for (let last: string = after; left > 0; ) {
        const page = await connection.read(
          (sql) => sql.keys.all(kind, last, Math.min(pageSize, left)) as { key: Key }[],
        )
        for (const { key } of page) yield key
        const end = page.at(-1)
        if (end === undefined) return
        left -= page.length
        last = end.key
        await nextTurn()
      }
    },
    watch: watching.watch,
    mark: () => connection.read((sql) => String(sql.version.get()?.value)),
    readEvents: (limit, shard) =>
      connection.read((sql) => {
        const identity = identityOf(sql)
        const rows = shard === undefined ? (sql.events.all(limit) as EventRow[]) : eventsOf(sql, limit, shard)
        return rows.map((row) => eventOf(row, identity, clock.now()))
      }),
    acknowledgeEvents: (ids, fence) =>
      connection.write((sql) => {
        if (fence !== undefined) checkFence(readLease(sql, fence.lease), fence)
        for (const id of ids) sql.forgetEvent.run(Number(id))
      }, true),
    acquireLease: (name, holder, ttlMs) =>
      changeLease(name, (last, sql) => {
        const store = identityOf(sql)
        const newestFence = Number(sql.fence.get()?.value)
        return grantLease(last, { name, holder, ttlMs, store, newestFence }, clock.now())
      }),
    renewLease: (lease, ttlMs) =>
      changeLease(lease.name, (last) => extendLease(last, lease, ttlMs, clock.now())),
    async releaseLease(lease) {
      await changeLease(lease.name, (last) => freeLease(last, lease))
    },
    faults: () => damaged.faults,
    measurements: sqliteMeasurements(connection, clock),
    async setMaxPages(pages) {
      expectAtLeast('maxPages', pages, 1)
      await connection.setMaxPages(pages)
    },
    async close() {
      watching.stop()
      feed.close()
      connection.close()
    },
  }
}

function commit(sql: Statements, write: ObjectWrite, version: number, key: Key): void {
  if (write.type === 'nothing') return
  sql.setVersion.run(version)
  if (write.type === 'put') {
    sql.putObject.run(rowOf(write.stored))
  } else {
    const { kind } = write.removed
    sql.removeObject.run(kind, key)
    sql.addRemoval.run(version, kind, key)
    const old = sql.oldRemoval.get(removalsKept)?.version
    if (old !== undefined) {
      sql.forgetRemovals.run(old)
      sql.setForgotten.run(old)
    }
  }
  for (const entry of write.events) sql.addEvent.run(key, JSON.stringify(entry))
}

function eventsOf(sql: Statements, limit: number, { index, of }: Shard): EventRow[] {
  const positions: number[] = []
  for (const { position, key } of sql.eventKeys.iterate()) {
    if (positions.length >= limit) break
    if (shardOf(key as Key, of) === index) positions.push(Number(position))
  }
  return positions.map((position) => sql.event.get(position) as EventRow)
}

function identityOf(sql: Statements): string {
  return String(sql.identity.get()?.id)
}

function findObject(sql: Statements, kind: Kind, key: Key): FoundObject | null {
  const row = sql.object.get(kind, key) as ObjectRow | undefined
  return row === undefined ? null : objectOf(row)
}

function readLease(sql: Statements, name: string): Lease | null {
  const row = sql.lease.get(name) as LeaseRow | undefined
  return row === undefined ? null : leaseOf(row)
}

function expectAtLeast(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new ModelspineError(
    'invalid-options',
    `${option} is ${value}: give a whole number of at least ${least}`,
  )
}
