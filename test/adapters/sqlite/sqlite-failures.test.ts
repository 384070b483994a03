import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/hash.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import {
  actor,
  atMs,
  created,
  deployment,
  entry,
  key,
  kind,
  put,
  standing,
} from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

/** Writes are gathered for 30 ms at most before the store begins with them. */
const longerThanGathering = 100

let path: string
let opened: SqliteStore[]

const open = (options: Partial<SqliteStoreOptions> = {}): SqliteStore => {
  const store = sqliteStore({ path, ...options })
  opened.push(store)
  return store
}

/** Overwrites the file from a byte on, as a failing disk may do. */
function damage(fromByte: number): void {
  const file = openSync(path, 'r+')
  const bytes = statSync(path).size - fromByte
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, fromByte)
  closeSync(file)
}

/** Cuts the JSON of a column short, in one row or in all. */
function spoil(column: string, name = '%'): void {
  const raw = new DatabaseSync(path)
  raw.prepare(`UPDATE objects SET ${column} = '{"kind' WHERE key LIKE ?`).run(`default/${name}`)
  raw.close()
}

beforeEach(() => {
  path = `${temporaryFolder()}/state.db`
  opened = []
})

afterEach(async () => {
  for (const store of opened) await store.close()
})

describe('a damaged file', () => {
  it('is reported as store-corrupt when it is no database, and works after it was restored', async () => {
    writeFileSync(path, 'this is no database, '.repeat(1000))
    const store = open()
    const read = () => store.get(kind, key('churn'))
    await expect(read()).rejects.toMatchObject({ code: 'store-corrupt', retryable: false, details: { path } })
    await expect(read()).rejects.toThrow(/restore it from a backup/)
    writeFileSync(path, '')
    expect(await read()).toBeNull()
    await created(store)
  })

  it('is reported as store-corrupt when pages are overwritten', async () => {
    const store = open()
    for (let place = 0; place < 50; place += 1) await created(store, `n${place}`)
    await store.close()
    damage(4096)
    const again = open()
    await expect(again.get(kind, key('n1'))).rejects.toMatchObject({ code: 'store-corrupt' })
    await expect(created(again, 'new')).rejects.toMatchObject({ code: 'store-corrupt' })
  })

  it('is reported as store-corrupt when a row cannot be read', async () => {
    const store = open()
    await created(store)
    spoil('resource')
    await expect(store.get(kind, key('churn'))).rejects.toMatchObject({ code: 'store-corrupt' })
    await expect(store.get(kind, key('churn'))).rejects.toThrow(/ModelDeployment default\/churn/)
  })

  it.each(['status', 'deletion'])(
    'keeps what can be read when a %s is deleted that cannot',
    async (column) => {
      const store = open()
      await created(store, 'churn', { finalizers: ['target'] })
      spoil(column)
      const left = await store.delete(kind, key('churn'), {
        actor,
        nowMs: atMs,
        events: () => [entry('gone')],
      })
      const { finalizers, deletion, resource } = await standing(store)
      expect(resource).toEqual(deployment('churn'))
      expect([finalizers, deletion]).toEqual([['target'], { atMs, actor }])
      expect(left).not.toHaveProperty('status')
    },
  )

  it.each(['resource', 'actor', 'finalizers'])(
    'loses an object whose %s cannot be read when it is deleted',
    async (column) => {
      const store = open()
      await created(store, 'churn', { finalizers: ['target'] })
      spoil(column)
      const mark = { actor, nowMs: atMs, events: () => [entry('gone')] }
      expect(await store.delete(kind, key('churn'), mark)).toBeNull()
      expect(await store.get(kind, key('churn'))).toBeNull()
      expect((await store.readEvents(2)).map((event) => event.entry.id)).toEqual(['gone'])
    },
  )

  it('is no longer named when another process mended or removed the object', async () => {
    const store = open()
    for (const name of ['mended', 'removed', 'stays']) await created(store, name)
    spoil('status')
    const named = async (): Promise<readonly string[] | undefined> => {
      for await (const { key: read } of store.list(kind)) expect(read).toBe(key('mended'))
      return store.faults?.().map((fault) => fault.key)
    }
    expect(await named()).toEqual([key('mended'), key('removed'), key('stays')])
    const other = open()
    await other.delete(kind, key('removed'), { actor, nowMs: 0, events: () => [] })
    await created(other, 'mended')
    expect(await named()).toEqual([key('stays')])
  })

  it('has a stand-in for an event that cannot be read, and goes on with the next', async () => {
    const store = open()
    await created(store, 'churn', { events: () => [entry('1'), entry('2'), entry('3')] })
    const raw = new DatabaseSync(path)
    raw.exec(`UPDATE events SET entry = '{"id": "2' WHERE position = 2`)
    raw.close()
    const entries = (await store.readEvents(10)).map((event) => event.entry)
    expect(entries.map(({ id }) => id)).toEqual(['1', expect.stringMatching(/^[0-9a-f]{32}-2$/), '3'])
    expect(entries[1]).toMatchObject({
      action: 'event-unreadable',
      details: { omitted: { bytes: 9, sha256: sha256('{"id": "2'), reason: expect.any(String) } },
    })
    expect((await store.readEvents(10))[1]?.entry.id).toBe(entries[1]?.id)
  })

  it('ends a watch with store-corrupt', async () => {
    const clock = createFakeClock()
    const store = open({ clock })
    await created(store)
    const changes = store.watch(new AbortController().signal)[Symbol.asyncIterator]()
    await changes.next()
    const next = changes.next()
    const raw = new DatabaseSync(path)
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    raw.exec(`BEGIN IMMEDIATE; INSERT INTO removals VALUES (99, '${kind}', 'default/gone')`)
    damage(4096)
    raw.exec('COMMIT')
    raw.close()
    const failed = expect(next).rejects.toMatchObject({ code: 'store-corrupt' })
    await clock.advance(1000)
    await failed
  })
})

describe('a full file', () => {
  /** Writes until the file is full, and gives the number of writes that succeeded. */
  async function fill(store: SqliteStore): Promise<number> {
    for (let place = 0; place < 1000; place += 1) {
      try {
        await created(store, `n${place}`, {
          events: () => [entry(`event-${place}`, { text: 'x'.repeat(2000) })],
        })
      } catch (error) {
        expect(error).toMatchObject({ code: 'store-full', retryable: true, details: { sqliteCode: 13 } })
        return place
      }
    }
    return expect.unreachable('the limit never took effect')
  }

  it('refuses an object together with its events when there is no room, and keeps the earlier data', async () => {
    const store = open({ maxPages: 40 })
    const written = await fill(store)
    expect(written).toBeGreaterThan(5)
    expect(await store.get(kind, key(`n${written}`))).toBeNull()
    expect(await store.readEvents(1000)).toHaveLength(written)
    await standing(store, `n${written - 1}`)
  })

  it('takes writes again after the limit is lifted, in this handle and in the next', async () => {
    const store = open({ maxPages: 40 })
    const written = await fill(store)
    await store.setMaxPages(80)
    await created(store, 'lifted')
    await store.close()
    const again = open()
    expect((await standing(again, 'lifted')).generation).toBe(1)
    expect(await again.readEvents(1000)).toHaveLength(written)
    await created(again, 'n-late', { events: () => [entry('late', { text: 'x'.repeat(200_000) })] })
  })

  it('keeps pages free for an urgent write, also for its events', async () => {
    const store = open({ maxPages: 40 })
    const written = await fill(store)
    const last = await standing(store, `n${written - 1}`)
    const events = [entry('rolled-back', { text: 'x'.repeat(20_000) })]
    const write = (urgent: boolean) =>
      store.putStatus(kind, last.key, { phase: 'rolling-back' }, { expect: last.version, events, urgent })
    await expect(write(false)).rejects.toMatchObject({ code: 'store-full' })
    expect((await write(true))?.status).toEqual({ phase: 'rolling-back' })
    const late = entry('late', { text: 'x'.repeat(20_000) })
    await expect(created(store, 'late', { events: () => [late] })).rejects.toMatchObject({
      code: 'store-full',
    })
    expect((await store.readEvents(1000)).at(-1)?.entry.id).toBe('rolled-back')
  })

  it('keeps the pages for urgent writes free again after an accident used them', async () => {
    const store = open({ maxPages: 40 })
    let { key: at, version } = await created(store)
    const writeUntilFull = async (urgent: boolean): Promise<number> => {
      for (let written = 0; written < 1000; written += 1) {
        const events = [entry('moved', { text: 'x'.repeat(2000) })]
        try {
          const stored = await store.putStatus(kind, at, { written }, { expect: version, events, urgent })
          version = stored?.version ?? ''
        } catch (error) {
          expect(error).toMatchObject({ code: 'store-full', retryable: true })
          return written
        }
      }
      return expect.unreachable('the limit never took effect')
    }
    const [ordinary, reserve] = [await writeUntilFull(false), await writeUntilFull(true)]
    expect(reserve).toBeGreaterThan(5)
    await store.acknowledgeEvents((await store.readEvents(1000)).map(({ id }) => id))
    expect(Math.abs((await writeUntilFull(false)) - ordinary)).toBeLessThan(3)
    expect(Math.abs((await writeUntilFull(true)) - reserve)).toBeLessThan(3)
  })

  it('has room again after events are acknowledged', async () => {
    const store = open({ maxPages: 40 })
    await fill(store)
    const events = await store.readEvents(1000)
    await store.acknowledgeEvents(events.map(({ id }) => id))
    await created(store, 'after', { events: () => [entry('after', { text: 'x'.repeat(2000) })] })
    expect((await store.readEvents(1000)).map((event) => event.entry.id)).toEqual(['after'])
  })
})

describe('a file that another connection has locked', () => {
  it('is reported as store-unavailable when the lock is not released in time', async () => {
    const store = open({ busyTimeoutMs: 50 })
    const first = await created(store)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const refused = expect(store.putSpec(deployment('churn', '2'), put())).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: true,
      details: { sqliteCode: 5 },
    })
    expect(await standing(store)).toEqual(first)
    await refused
    other.exec('ROLLBACK')
    other.close()
    expect((await store.putSpec(deployment('churn', '2'), put())).generation).toBe(2)
  })

  it('is written after the other connection commits, and readers do not wait', async () => {
    const store = open()
    await created(store)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const written = store.putSpec(deployment('churn', '2'), put())
    await pause(longerThanGathering)
    expect(await standing(store)).toBeDefined()
    other.exec('COMMIT')
    other.close()
    expect((await written).generation).toBe(2)
  })

  it('is no longer waited for when the store is closed', async () => {
    const store = open()
    await created(store)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const refused = expect(created(store, 'late')).rejects.toThrow(/closed/)
    await pause(longerThanGathering)
    await store.close()
    await refused
    other.close()
  })
})

describe('a path that cannot be used', () => {
  it('is reported as store-unavailable when its folder is missing, and works after the folder is made', async () => {
    const folder = `${temporaryFolder()}/missing`
    path = `${folder}/state.db`
    const store = open()
    await expect(created(store)).rejects.toMatchObject({
      code: 'store-unavailable',
      details: { path, sqliteCode: 14 },
    })
    mkdirSync(folder)
    await created(store)
  })

  it('is refused when it is the database of another application, and that database stays unchanged', async () => {
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE songs (title TEXT)')
    foreign.close()
    const before = readFileSync(path)
    await expect(created(open())).rejects.toMatchObject({ code: 'invalid-options' })
    expect(readFileSync(path)).toEqual(before)
  })

  it.each([
    ['', 'path'],
    [':memory:', 'path'],
  ])('is refused at once: "%s"', (wrong, option) => {
    expect(() => sqliteStore({ path: wrong })).toThrow(option)
  })

  it.each([
    [{ busyTimeoutMs: -1 }, 'busyTimeoutMs is -1'],
    [{ pollMs: 0 }, 'pollMs is 0'],
    [{ maxPages: 1.5 }, 'maxPages is 1.5'],
    [{ maxEvents: 0 }, 'maxEvents is 0'],
  ])('is refused when an option cannot work: %j', (wrong, message) => {
    expect(() => sqliteStore({ path, ...wrong })).toThrow(message)
  })

  it('is not touched before the first call', async () => {
    open()
    expect(existsSync(path)).toBe(false)
  })
})
