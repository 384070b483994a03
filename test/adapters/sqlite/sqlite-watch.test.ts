import { DatabaseSync } from 'node:sqlite'
import type { StoreChange } from 'modelspine/adapter'
import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'
import { actor, created, key, kind } from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

let path: string
let clock: FakeClock
let store: SqliteStore
let other: SqliteStore

beforeEach(() => {
  clock = createFakeClock()
  path = `${temporaryFolder()}/state.db`
  store = sqliteStore({ path, clock, pollMs: 500 })
  other = sqliteStore({ path, clock })
})

afterEach(async () => {
  await store.close()
  await other.close()
})

/** Collects what a watch tells. */
function collect(abortSignal: AbortSignal): StoreChange[] {
  const told: StoreChange[] = []
  void (async () => {
    for await (const change of store.watch(abortSignal)) told.push(change)
  })()
  return told
}

const changed = (name: string): StoreChange => ({ type: 'changed', kind, key: key(name) })

/** As if so many objects had come and gone; really doing it takes a sync to disk for each. */
function rememberRemovals(count: number): void {
  const db = new DatabaseSync(path)
  db.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO removals (version, kind, key) SELECT n, '${kind}', 'default/gone' FROM numbers;
    UPDATE counters SET value = ${count} WHERE name = 'version';
  `)
  db.close()
}

describe('the watch of a SQLite store', () => {
  it('tells at once of its own writes and at the next poll of others’', async () => {
    const told = collect(new AbortController().signal)
    await clock.advance(0)
    await created(store, 'own')
    await clock.advance(0)
    expect(told).toEqual([{ type: 'resync' }, changed('own')])
    await created(other, 'foreign')
    await clock.advance(499)
    expect(told).toHaveLength(2)
    await clock.advance(1)
    expect(told.slice(2)).toContainEqual(changed('foreign'))
  })

  it('says nothing when others only touch leases', async () => {
    const told = collect(new AbortController().signal)
    await clock.advance(0)
    const lease = await other.acquireLease('loop', 'second', 60_000)
    await clock.advance(1000)
    if (lease !== null) await other.renewLease(lease, 60_000)
    await clock.advance(1000)
    expect(told).toEqual([{ type: 'resync' }])
  })

  it('polls only while somebody watches', async () => {
    const abort = new AbortController()
    collect(abort.signal)
    collect(abort.signal)
    await clock.advance(2000)
    expect(clock.pendingTimers).toBe(1)
    abort.abort()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
    collect(new AbortController().signal)
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(1)
    await store.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('says resync when it missed more removals than are kept', async () => {
    const told = collect(new AbortController().signal)
    await clock.advance(0)
    rememberRemovals(1000)
    for (let place = 0; place < 2; place += 1) {
      await created(other, 'short-lived')
      await other.delete(kind, key('short-lived'), { actor, nowMs: 0, events: () => [] })
    }
    await clock.advance(500)
    expect(told).toEqual([{ type: 'resync' }, { type: 'resync' }])
    await created(other, 'after')
    await clock.advance(500)
    expect(told.at(-1)).toEqual(changed('after'))
  })
})
