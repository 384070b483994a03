import { DatabaseSync } from 'node:sqlite'
import type { StoreChange } from 'modelspine/adapter'
import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'
import { actor, created, key, kind } from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { settled } from './settled.ts'

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

/** Moves the clock on, and waits for the answers to what the timers asked. */
async function advance(ms: number): Promise<void> {
  await clock.advance(ms)
  for (const each of [store, other]) await settled(each)
}

/** Collects the changes that a watch reports. */
function collect(abortSignal: AbortSignal): StoreChange[] {
  const told: StoreChange[] = []
  void (async () => {
    for await (const change of store.watch(abortSignal)) told.push(change)
  })()
  return told
}

const changed = (name: string): StoreChange => ({ type: 'changed', kind, key: key(name) })

/** Acts as if `count` objects had come and gone. Real writes would need a sync to disk for each object. */
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
  it('reports its own writes at once, and the writes of others at the next poll', async () => {
    const told = collect(new AbortController().signal)
    await advance(0)
    const { version } = await created(store, 'own')
    await advance(0)
    expect(told).toEqual([{ type: 'resync' }, { ...changed('own'), version }])
    await created(other, 'foreign')
    await advance(499)
    expect(told).toHaveLength(2)
    await advance(1)
    expect(told.slice(2)).toContainEqual(changed('foreign'))
  })

  it('reports nothing when another store only changes leases', async () => {
    const told = collect(new AbortController().signal)
    await advance(0)
    const lease = await other.acquireLease('loop', 'second', 60_000)
    await advance(1000)
    if (lease !== null) await other.renewLease(lease, 60_000)
    await advance(1000)
    expect(told).toEqual([{ type: 'resync' }])
  })

  it('polls only while it has a reader', async () => {
    const abort = new AbortController()
    collect(abort.signal)
    collect(abort.signal)
    await advance(2000)
    expect(clock.pendingTimers).toBe(1)
    abort.abort()
    await advance(0)
    expect(clock.pendingTimers).toBe(0)
    collect(new AbortController().signal)
    await advance(0)
    expect(clock.pendingTimers).toBe(1)
    await store.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('reports resync when it missed more removals than the store keeps', async () => {
    const told = collect(new AbortController().signal)
    await advance(0)
    rememberRemovals(1000)
    for (let place = 0; place < 2; place += 1) {
      await created(other, 'short-lived')
      await other.delete(kind, key('short-lived'), { actor, nowMs: 0, events: () => [] })
    }
    await advance(500)
    expect(told).toEqual([{ type: 'resync' }, { type: 'resync' }])
    await created(other, 'after')
    await advance(500)
    expect(told.at(-1)).toEqual(changed('after'))
  })
})
