import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { nextTurn } from '../../../src/clock.ts'
import type { StoredObject } from '../../../src/store/contract.ts'
import {
  actor,
  atMs,
  created,
  deployment,
  entry,
  key,
  kind,
  put,
  waitingIds,
} from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { countCommits } from './commits-in-log.ts'

let path: string
let store: SqliteStore
let workers: Worker[]
const onWorker = (worker: Worker): void => void workers.push(worker)

beforeEach(() => {
  path = `${temporaryFolder()}/state.db`
  store = sqliteStore({ path })
  workers = []
  process.on('worker', onWorker)
})

afterEach(async () => {
  process.off('worker', onWorker)
  await store.close()
})

const all = <Item>(count: number, make: (place: number) => Promise<Item>): Promise<Item[]> =>
  Promise.all(Array.from({ length: count }, (_, place) => make(place)))

/** How many turns the event loop gets until the work is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let counting = true
  const counted = (async () => {
    for (await nextTurn(); counting; await nextTurn()) turns += 1
  })()
  await work()
  counting = false
  await counted
  return turns
}

function statusWrite(stored: StoredObject, status: unknown): Promise<StoredObject | null> {
  const events = [entry(`${stored.key} at ${stored.version}`)]
  return store.putStatus(kind, stored.key, status, { expect: stored.version, events })
}

describe('the event loop beside a SQLite store', () => {
  it('gets a turn for each 64 objects that are listed', async () => {
    await all(1000, (place) => created(store, `n${place}`))
    const turns = await turnsDuring(async () => {
      for await (const _ of store.list(kind));
    })
    expect(turns).toBeGreaterThanOrEqual(1000 / 64 - 1)
  })

  it('gets a turn for each write, while it waits for none of them', async () => {
    const objects = await all(200, (place) => created(store, `n${place}`))
    const turns = await turnsDuring(() => Promise.all(objects.map((stored) => statusWrite(stored, {}))))
    expect(turns).toBeGreaterThanOrEqual(200)
  })
})

describe('writes that come together', () => {
  it('are at least ten for each sync to disk when 64 callers write, and so are acknowledgements', async () => {
    const objects = await all(64, (place) => created(store, `n${place}`))
    const count = countCommits(path)
    await Promise.all(
      objects.map(async (first) => {
        let stored: StoredObject = first
        for (let round = 0; round < 10; round += 1) {
          stored = (await statusWrite(stored, { round })) ?? stored
          await store.acknowledgeEvents((await store.readEvents(1)).map(({ id }) => id))
        }
      }),
    )
    const { commits } = count
    count.close()
    expect(commits).toBeGreaterThan(0)
    expect((64 * 20) / commits).toBeGreaterThanOrEqual(10)
  })

  it('each have their own result in one transaction', async () => {
    await store.close()
    store = sqliteStore({ path, maxEvents: 3 })
    const [stale, full, good, late] = await all(4, (place) => created(store, `n${place}`))
    if (stale === undefined || full === undefined || good === undefined || late === undefined) return
    const lease = await store.acquireLease('loop', 'first', 60_000)
    const write = (of: StoredObject, events: number, expect: string, fence = lease?.fence ?? 0) =>
      store.putStatus(
        kind,
        of.key,
        { written: true },
        {
          expect,
          fence: { lease: 'loop', fence },
          events: Array.from({ length: events }, (_, place) => entry(`${of.key} ${place}`)),
        },
      )
    const count = countCommits(path)
    const results = await Promise.allSettled([
      write(stale, 1, stale.version, (lease?.fence ?? 0) - 1),
      write(full, 4, full.version),
      write(good, 2, good.version),
      write(late, 1, 'another version'),
      write(late, 1, late.version),
    ])
    const { commits } = count
    count.close()
    expect(commits).toBe(1)
    expect(results.map((each) => (each.status === 'fulfilled' ? 'written' : each.reason.code))).toEqual([
      'fence-stale',
      'store-full',
      'written',
      'conflict',
      'written',
    ])
    expect(await waitingIds(store)).toEqual([`${good.key} 0`, `${good.key} 1`, `${late.key} 0`])
    expect((await store.get(kind, full.key))?.version).toBe(full.version)
  })

  it('are written when another one in their transaction fails inside SQLite', async () => {
    await store.close()
    store = sqliteStore({ path, maxPages: 60 })
    const objects = await all(6, (place) => created(store, `n${place}`))
    const write = (stored: StoredObject, text: string) => {
      const events = [entry(stored.key, { text })]
      return store.putStatus(kind, stored.key, { written: true }, { expect: stored.version, events })
    }
    const results = await Promise.allSettled(
      objects.map((stored, place) => write(stored, 'x'.repeat(place === 3 ? 400_000 : 100))),
    )
    expect(results.map((each) => (each.status === 'fulfilled' ? 'written' : each.reason.code))).toEqual([
      ...['written', 'written', 'written', 'store-full', 'written', 'written'],
    ])
    expect(await waitingIds(store)).toHaveLength(5)
    expect(await store.get(kind, key('n3'))).toEqual(objects[3])
  })

  it('decide again when another process was quicker', async () => {
    const other = sqliteStore({ path })
    await created(store, 'churn', { finalizers: ['target'] })
    await Promise.all(
      [store, other].flatMap((handle) =>
        Array.from({ length: 10 }, (_, place) =>
          handle.putSpec(deployment('churn', `${place}`), put({ events: () => [entry(`${place}`)] })),
        ),
      ),
    )
    const stored = await store.get(kind, key('churn'))
    expect(stored?.generation).toBe(1 + (await waitingIds(store)).length)
    await Promise.all(
      [store, other].map((handle) =>
        handle.delete(kind, key('churn'), { actor, nowMs: atMs, events: () => [entry('marked')] }),
      ),
    )
    expect((await waitingIds(store)).filter((id) => id === 'marked')).toHaveLength(1)
    await other.close()
  })
})

describe('the thread of a SQLite store', () => {
  it('starts at the first call and ends with the store', async () => {
    expect(workers).toHaveLength(0)
    await created(store)
    expect(workers).toHaveLength(1)
    const ended = once(workers[0] as Worker, 'exit')
    await store.close()
    expect(await ended).toEqual([0])
  })

  it('answers what was asked before the close', async () => {
    const written = all(50, (place) => created(store, `n${place}`))
    await store.close()
    expect(await written).toHaveLength(50)
    await expect(created(store)).rejects.toMatchObject({ code: 'store-unavailable', retryable: false })
  })

  it('is started again when it has died, and what it was asked may have been done', async () => {
    const first = await created(store)
    const lost = expect(statusWrite(first, { lost: 'perhaps' })).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: true,
    })
    await workers[0]?.terminate()
    await lost
    expect(['perhaps', undefined]).toContain(
      ((await store.get(kind, first.key))?.status as { lost?: string } | undefined)?.lost,
    )
    await created(store, 'after')
    expect(workers).toHaveLength(2)
  })

  it('keeps what Node compiled for it where the host has Node keep it', async () => {
    const folder = temporaryFolder()
    vi.stubEnv('NODE_COMPILE_CACHE', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    await created(store)
    await store.close()
    expect(readdirSync(folder, { recursive: true }).length).toBeGreaterThan(1)
  })

  it('keeps no process alive that has nothing else to do', async () => {
    const script = fileURLToPath(new URL('left-open.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=modelspine/source', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
    })
    const [code] = await once(child, 'close')
    expect([code, said]).toEqual([0, 'written\n'])
  })
})
