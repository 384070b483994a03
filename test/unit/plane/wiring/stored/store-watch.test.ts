import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../../src/clock.ts'
import { ModelspineError } from '../../../../../src/errors.ts'
import { memoryStore } from '../../../../../src/index.ts'
import { createCommitListeners } from '../../../../../src/plane/wiring/stored/commit-listeners.ts'
import { createStoreWatch } from '../../../../../src/plane/wiring/stored/store-watch.ts'
import type { StateStore, StoreChange, StoredObject } from '../../../../../src/store/contract.ts'
import { type TypedObject, typedStore } from '../../../../../src/store/typed-store.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { key, kind, put, route } from '../../../../../src/testing/state-store/subject.ts'
import { collectGarbage } from '../../../../collect-garbage.ts'

function scene(change: (inner: StateStore) => Partial<StateStore> = () => ({})) {
  const clock = createFakeClock()
  const inner = memoryStore({ clock })
  const lists = { begun: 0 }
  const store: StateStore = {
    ...inner,
    list(of) {
      lists.begun += 1
      return inner.list(of)
    },
    ...change(inner),
  }
  const told: string[] = []
  const listeners = createCommitListeners()
  const nameOf = ({ key: at }: Pick<StoredObject, 'key'>): string => at.slice(at.indexOf('/') + 1)
  listeners.add({
    seen: (stored) => void told.push(`${nameOf(stored)} ${durationOf(stored)}`),
    gone: (_kind, at) => void told.push(`${nameOf({ key: at })} gone`),
    settled: () => void told.push('|'),
    loaded: () => void told.push('loaded'),
  })
  const over = new AbortController()
  const watch = createStoreWatch({
    store: typedStore(store),
    listeners,
    clock,
    logger: silentLogger,
    idleMs: 10_000,
  })
  const apply = (name: string, timeout: `${number}s` = '1s') => {
    const declared = route(name)
    return inner.putSpec({ ...declared, spec: { ...declared.spec, timeout } }, put())
  }
  return {
    clock,
    inner,
    lists,
    watch,
    apply,
    remove: (name: string) =>
      inner.delete('ModelRoute', key(name), { actor: { name: 'a' }, nowMs: 0, events: () => [] }),
    follow: () => void watch.follow(over.signal),
    stop: () => over.abort(),
    /** What was told since the last call. */
    heard: () => told.splice(0).filter((each) => each !== '|'),
    batches: () =>
      told
        .splice(0)
        .join(' ')
        .split(' |')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
  }
}

function durationOf({ resource }: StoredObject): string {
  return resource.kind === 'ModelRoute' ? (resource.spec.timeout ?? '') : ''
}

describe('the watch of the store', () => {
  it('tells everything once, and afterwards only what has another version', async () => {
    const { clock, watch, apply, remove, follow, heard, stop } = scene()
    await apply('a')
    await apply('b')
    await watch.load()
    expect(heard()).toEqual(['a 1s', 'b 1s', 'loaded'])
    follow()
    await clock.advance(1)
    expect(heard()).toEqual([])
    await apply('b', '2s')
    await remove('a')
    await clock.advance(1)
    expect(heard()).toEqual(['b 2s', 'a gone'])
    stop()
    await clock.advance(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('tells many changes of one moment in few batches, and several changes of one object once', async () => {
    const { clock, watch, apply, follow, batches, stop } = scene()
    await watch.load()
    follow()
    await clock.advance(1)
    batches()
    await Promise.all(Array.from({ length: 200 }, (_, place) => apply(`r${place % 50}`, `${place + 1}s`)))
    await clock.advance(1)
    const told = batches()
    expect(told.join(' ').match(/r\d+ /g)).toHaveLength(50)
    expect(told.length).toBeLessThan(10)
    stop()
  })

  it('yields to other work while it reads a long list', async () => {
    const { watch, apply } = scene()
    for (let place = 0; place < 1000; place += 1) await apply(`r${place}`)
    let turns = 0
    let reading = true
    const count = (): void => {
      turns += 1
      if (reading) setImmediate(count)
    }
    setImmediate(count)
    await watch.load()
    reading = false
    expect(turns).toBeGreaterThanOrEqual(3)
  })

  it('never tells an older state after a newer one, also when a list is read meanwhile', async () => {
    let hold: Promise<void> | undefined
    const { watch, apply, heard } = scene((inner) => ({
      async *list(of) {
        const page: StoredObject[] = []
        for await (const stored of inner.list(of)) page.push(stored)
        if (of === 'ModelRoute') await hold
        yield* page
      },
    }))
    for (let place = 100; place < 400; place += 1) await apply(`r${place}`)
    await watch.load()
    heard()
    const refreshed = watch.refresh({ kind: 'ModelRoute', key: key('r399') })
    await apply('r399', '2s')
    await refreshed
    expect(heard()).toEqual(['r399 2s'])
    hold = undefined
    const again = watch.load()
    await apply('r398', '3s')
    await watch.refresh({ kind: 'ModelRoute', key: key('r398') })
    await again
    expect(heard().filter((each) => each.startsWith('r398'))).toEqual(['r398 3s'])
  })

  it('finds what was removed while it did not watch', async () => {
    const { clock, watch, apply, remove, follow, heard, stop } = scene()
    await apply('a')
    await watch.load()
    heard()
    await remove('a')
    follow()
    await clock.advance(1)
    expect(heard()).toEqual(['a gone'])
    stop()
  })

  it('reads a quiet store whole only when its mark has changed, or when it has no marks', async () => {
    for (const marks of [true, false]) {
      const { clock, watch, lists, follow, stop } = scene(() => (marks ? {} : { mark: undefined as never }))
      await watch.load()
      follow()
      await clock.advance(1)
      lists.begun = 0
      await clock.advance(59_000)
      if (marks) expect(lists.begun).toBe(0)
      else expect(lists.begun).toBeGreaterThanOrEqual(8)
      stop()
    }
  })

  it('reads everything every ten minutes, so that a watch which loses single changes is found out', async () => {
    const { clock, watch, apply, follow, heard, stop } = scene((inner) => ({
      async *watch(abortSignal) {
        for await (const change of inner.watch(abortSignal)) {
          if (change.type === 'resync' || change.key !== key('lost')) yield change
        }
      },
    }))
    await watch.load()
    follow()
    await clock.advance(1)
    heard()
    await apply('lost')
    for (let passed = 0; passed < 600_000; passed += 5000) {
      await apply('told', `${passed + 1}s`)
      await clock.advance(5000)
    }
    expect(heard()).toContain('lost 1s')
    stop()
  })
})

describe('what this process wrote itself', () => {
  /** A scene in which `a` and `b` were told, and that counts the reads after it. */
  async function following(told: (change: StoreChange) => StoreChange = (change) => change) {
    const reads: string[] = []
    const world = scene((inner) => ({
      get(of, at) {
        reads.push(at)
        return inner.get(of, at)
      },
      // As with every store that is not in memory, the writer hears of its write before the watch does.
      async *watch(abortSignal) {
        for await (const change of inner.watch(abortSignal)) {
          await nextTurn()
          yield told(change)
        }
      },
    }))
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) await nextTurn()
    }
    const stored = { a: await world.apply('a'), b: await world.apply('b') }
    await world.watch.load()
    world.follow()
    await turns()
    world.heard()
    reads.length = 0
    /** Writes as this process. */
    const write = async (over: StoredObject, timeout: `${number}s`): Promise<StoredObject> => {
      const written = await world.apply(over.key.split('/')[1] ?? '', timeout)
      world.watch.wrote({ over: over.version, stored: written as TypedObject })
      return written
    }
    return { ...world, turns, reads, stored, write }
  }

  it('is told without a read, also when several writes come in a row', async () => {
    const { turns, stored, write, reads, heard, stop } = await following()
    const first = await write(stored.a, '2s')
    await turns()
    expect(heard()).toEqual(['a 2s'])
    await write(await write(first, '3s'), '4s')
    await turns()
    expect(heard()).toEqual(['a 4s'])
    expect(reads).toEqual([])
    stop()
  })

  it('is read when somebody else wrote in between or afterwards', async () => {
    const { turns, apply, stored, write, reads, heard, stop } = await following()
    const theirs = await apply('a', '2s')
    await write(theirs, '3s')
    await turns()
    expect(heard()).toEqual(['a 3s'])
    expect(reads).toEqual([stored.a.key])
    await write(stored.b, '2s')
    await apply('b', '3s')
    await turns()
    expect(heard()).toEqual(['b 2s', 'b 3s'])
    expect(reads).toEqual([stored.a.key, stored.b.key])
    stop()
  })

  it('is read when the change names no version', async () => {
    const { turns, stored, write, reads, heard, stop } = await following((change) =>
      change.type === 'resync' ? change : { type: 'changed', kind: change.kind, key: change.key },
    )
    await write(stored.a, '2s')
    await turns()
    expect(heard()).toEqual(['a 2s'])
    expect(reads).toEqual([stored.a.key])
    stop()
  })

  it('is read after more writes in a row than are remembered', async () => {
    const { turns, stored, write, reads, heard, stop } = await following()
    let last = stored.a
    for (let seconds = 2; seconds <= 100; seconds += 1) last = await write(last, `${seconds}s`)
    await turns()
    expect(heard()).toEqual(['a 100s'])
    expect(reads).toEqual([stored.a.key])
    stop()
  })

  it('is never told after what is newer', async () => {
    const { turns, watch, apply, stored, write, heard, stop } = await following()
    // The change of the first write is told only after the object was read in a newer version.
    await write(stored.a, '2s')
    await apply('a', '3s')
    await watch.refresh(stored.a)
    expect(heard()).toEqual(['a 3s'])
    await turns()
    expect(heard()).toEqual([])
    stop()
  })

  it('does not stay in memory when the store tells of nothing', async () => {
    const { watch } = scene()
    const kept: WeakRef<object>[] = []
    for (let place = 0; place < 5000; place += 1) {
      const stored = { ...route(`r${place}`), kind: 'ModelRoute', key: key(`r${place}`), version: '2' }
      kept.push(new WeakRef(stored))
      watch.wrote({ over: '1', stored: stored as unknown as TypedObject })
    }
    await nextTurn()
    collectGarbage()
    expect(kept.filter((each) => each.deref() !== undefined)).toHaveLength(4096)
    watch.wrote({ over: '1', stored: {} as TypedObject })
  })
})

describe('an object that cannot be read', () => {
  it('stays as it was told, and does not end the watch', async () => {
    const world = scene((inner) => ({
      async get(of, at) {
        if (at === key('bad')) {
          throw new ModelspineError('store-corrupt', 'unreadable', { details: { kind, key: at } })
        }
        return inner.get(of, at)
      },
    }))
    await world.watch.load()
    world.follow()
    await world.clock.advance(1)
    world.heard()
    await world.apply('bad')
    await world.apply('good')
    await world.clock.advance(1)
    expect(world.heard()).toEqual(['good 1s'])
    world.stop()
  })
})
