import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/store/memory-store.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { deployment, entry, key, kind, put } from '../../../src/testing/state-store/subject.ts'
import { stateStoreConformance } from '../../../src/testing/state-store-kit.ts'

stateStoreConformance({
  name: 'memoryStore',
  describe,
  it,
  create() {
    const clock = createFakeClock()
    const store = memoryStore({ clock })
    const limited = async (maxEvents: number) => memoryStore({ clock, maxEvents })
    return { subject: { store, advance: clock.advance, limited }, dispose: () => store.close() }
  },
})

describe('the memory store', () => {
  it('returns the same frozen object until the object changes', async () => {
    const store = memoryStore()
    const stored = await store.putSpec(deployment('churn'), put())
    expect(await store.get(kind, key('churn'))).toBe(stored)
    expect(Object.isFrozen(stored.resource.metadata.labels)).toBe(true)
  })

  it('refuses a change without room for its events, and accepts it after others are acknowledged', async () => {
    const store = memoryStore({ maxEvents: 2 })
    const events = () => [entry('a'), entry('b')]
    await store.putSpec(deployment('first'), put({ events }))
    const late = () => store.putSpec(deployment('late'), put({ events }))
    await expect(late()).rejects.toMatchObject({ code: 'store-full', retryable: true })
    expect(await store.get(kind, key('late'))).toBeNull()
    await store.putSpec(deployment('without-events'), put())
    await store.acknowledgeEvents((await store.readEvents(2)).map(({ id }) => id))
    await late()
    expect(await store.readEvents(5)).toHaveLength(2)
  })

  it('has room for 100,000 events by default', async () => {
    const store = memoryStore()
    const entries = Array.from({ length: 100_000 }, (_, place) => entry(`e${place}`))
    await store.putEvents(kind, key('churn'), entries)
    const late = store.putSpec(deployment('late'), put({ events: () => [entry('late')] }))
    await expect(late).rejects.toMatchObject({ code: 'store-full' })
  })

  it('grants newer fences than an earlier store of the same app, because it counts from the time', async () => {
    const clock = createFakeClock()
    const fences: number[] = []
    for (let start = 0; start < 3; start += 1) {
      const store = memoryStore({ clock })
      for (const name of ['loop', 'other', 'loop']) {
        const lease = await store.acquireLease(name, 'me', 1000)
        expect(lease?.store).toBe('memory')
        fences.push(lease?.fence ?? 0)
      }
      await clock.advance(1000)
    }
    expect(fences).toEqual([...new Set(fences)].sort((one, other) => one - other))
    expect(fences[0]).toBeGreaterThan(createFakeClock().now())
  })

  it('seldom has the fences of another store of the same millisecond', async () => {
    const clock = createFakeClock()
    const fences = new Set<number | undefined>()
    for (let made = 0; made < 20; made += 1) {
      fences.add((await memoryStore({ clock }).acquireLease('loop', 'me', 1000))?.fence)
    }
    expect(fences.size).toBeGreaterThan(15)
    expect([...fences].every(Number.isSafeInteger)).toBe(true)
  })

  it('tells a watch that reads nothing to resync instead of keeping every key', async () => {
    const store = memoryStore()
    const changes = store.watch(new AbortController().signal)[Symbol.asyncIterator]()
    await changes.next()
    for (let place = 0; place < 1500; place += 1) await store.putSpec(deployment(`n${place}`), put())
    expect(await changes.next()).toEqual({ done: false, value: { type: 'resync' } })
    const { version } = await store.putSpec(deployment('after'), put())
    const next = await changes.next()
    expect(next.value).toEqual({ type: 'changed', kind, key: key('after'), version })
  })
})
