import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../../src/clock.ts'
import { createCommitListeners } from '../../../../../src/plane/wiring/stored/commit-listeners.ts'
import { createStoreWatch } from '../../../../../src/plane/wiring/stored/store-watch.ts'
import type { Key } from '../../../../../src/resources/metadata.ts'
import type { StateStore, StoreChange, StoredObject } from '../../../../../src/store/contract.ts'
import { memoryStore } from '../../../../../src/store/memory-store.ts'
import { typedStore } from '../../../../../src/store/typed-store.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { route } from '../../../../../src/testing/state-store/subject.ts'
import { countTurns } from '../../../../turn-count.ts'

const many = 100_000
const kind = 'ModelRoute'

/** A watch over a store of so many objects that gives no turn to other work by itself. Counts what is told. */
function scene(size = many) {
  const clock = createFakeClock()
  const resource = route('r')
  const names = new Map<Key, StoredObject>()
  const changes: StoreChange[] = []
  let wake = (): void => {}
  const put = (place: number, version: string): void => {
    const key: Key = `default/r${place}`
    names.set(key, { kind, key, resource, version, generation: 1 } as StoredObject)
    changes.push({ type: 'changed', kind, key })
  }
  const store: StateStore = {
    ...memoryStore({ clock }),
    async *list(of) {
      if (of === kind) yield* names.values()
    },
    get: async (_kind, key) => names.get(key) ?? null,
    async *watch(abortSignal) {
      while (!abortSignal.aborted) {
        yield* changes.splice(0)
        await new Promise<void>((resolve) => {
          wake = resolve
          abortSignal.addEventListener('abort', () => resolve())
        })
      }
    },
  }
  const told = countTurns()
  const listeners = createCommitListeners()
  listeners.add({ seen: told.add, gone: told.add })
  const watch = createStoreWatch({
    store: typedStore(store),
    listeners,
    clock,
    logger: silentLogger,
    idleMs: 10_000,
  })
  for (let place = 0; place < size; place += 1) put(place, '1')
  changes.length = 0
  const over = new AbortController()
  return {
    watch,
    told,
    names,
    put,
    /** Tells the watch what has changed. */
    tell: (change?: StoreChange) => {
      if (change !== undefined) changes.push(change)
      wake()
    },
    async until(done: number): Promise<void> {
      while (told.done < done) await nextTurn()
    },
    follow: () => void watch.follow(over.signal),
    async end(): Promise<number> {
      over.abort()
      await told.stop()
      return told.most
    },
  }
}

describe('the watch of a store of 100,000 objects', () => {
  it('gives other work its turn while it reads all of them', async () => {
    const { watch, told, end } = scene()
    await watch.load()
    expect(told.done).toBe(many)
    expect(await end()).toBeLessThanOrEqual(2 * 256)
  })

  it('gives other work its turn while it finds out that all of them are gone', async () => {
    const { watch, names, follow, tell, until, end } = scene()
    await watch.load()
    names.clear()
    follow()
    await nextTurn()
    tell({ type: 'resync' })
    await until(2 * many)
    expect(await end()).toBeLessThanOrEqual(2 * 256)
  })

  it('gives other work its turn while thousands of them change in one moment', async () => {
    const { told, put, follow, tell, until, end } = scene(0)
    follow()
    await nextTurn()
    for (let place = 0; place < 4000; place += 1) put(place, '2')
    tell()
    await until(4000)
    expect(told.done).toBe(4000)
    expect(await end()).toBeLessThanOrEqual(3 * 64)
  })
})
