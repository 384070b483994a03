import { describe, expect, it } from 'vitest'
import { ModelspineError, memoryStore } from '../../../../../src/index.ts'
import { guardStore } from '../../../../../src/plane/wiring/guards/guard-store.ts'
import type { StateStore } from '../../../../../src/store/contract.ts'
import { guardScene } from './guard-scene.ts'

const key = 'default/digits'

function scene() {
  const { clock, parts } = guardScene()
  const inner = memoryStore({ clock })
  const faults: { get?: Error; putStatus?: Error; acquireLease?: Error; list?: Error } = {}
  const failing: StateStore = {
    ...inner,
    async get(...call) {
      if (faults.get !== undefined) throw faults.get
      return inner.get(...call)
    },
    async putStatus(...call) {
      if (faults.putStatus !== undefined) throw faults.putStatus
      return inner.putStatus(...call)
    },
    async acquireLease(...call) {
      if (faults.acquireLease !== undefined) throw faults.acquireLease
      return inner.acquireLease(...call)
    },
    async *list(kind) {
      if (faults.list !== undefined) throw faults.list
      yield* inner.list(kind)
    },
  }
  const guard = parts.guard('store')
  const store = guardStore(guard, failing, { storeMs: 5000 })
  const fault = (): unknown => guard.faults.newest
  const write = () => store.putStatus('ModelDeployment', key, {}, { expect: '1', events: [] }).catch(() => {})
  return { clock, store, inner: failing, fault, faults, write }
}

const full = new ModelspineError('store-full', 'no room')
const locked = new ModelspineError('store-unavailable', 'locked')

describe('the guard of a store', () => {
  it('keeps a failure until a call of the same sort succeeds, although other calls succeed', async () => {
    const { store, fault, faults, write } = scene()
    expect(fault()).toBeUndefined()
    faults.putStatus = full
    await write()
    expect(fault()).toBe(full)
    await store.get('ModelDeployment', key)
    await store.acquireLease('lease', 'me', 1000)
    expect(fault()).toBe(full)
    await store.delete('ModelDeployment', key, { actor: { name: 'ann' }, nowMs: 0, events: () => [] })
    expect(fault()).toBeUndefined()
  })

  it('reports the newest of several failures', async () => {
    const { store, fault, faults, write, clock } = scene()
    faults.putStatus = full
    await write()
    await clock.advance(10)
    faults.acquireLease = locked
    await expect(store.acquireLease('lease', 'me', 1000)).rejects.toBe(locked)
    expect(fault()).toBe(locked)
    delete faults.acquireLease
    await store.acquireLease('lease', 'me', 1000)
    expect(fault()).toBe(full)
  })

  it('ignores an error that is not the store’s own fault', async () => {
    const { store, fault, faults } = scene()
    await expect(
      store.putStatus('ModelDeployment', key, {}, { expect: '1', events: [] }),
    ).rejects.toMatchObject({ code: 'not-found' })
    faults.get = new Error('a bug')
    await expect(store.get('ModelDeployment', key)).rejects.toThrow('a bug')
    expect(fault()).toBeUndefined()
  })

  it('takes an object that cannot be read for an answer, and a file that cannot be read for a fault', async () => {
    const { store, fault, faults } = scene()
    faults.get = new ModelspineError('store-corrupt', 'not JSON', {
      details: { kind: 'ModelDeployment', key },
    })
    await expect(store.get('ModelDeployment', key)).rejects.toBe(faults.get)
    expect(fault()).toBeUndefined()
    faults.get = new ModelspineError('store-corrupt', 'not a database')
    await expect(store.get('ModelDeployment', key)).rejects.toBe(faults.get)
    expect(fault()).toBe(faults.get)
  })

  it('takes an unknown error for a failure of the store when it comes three times in a row', async () => {
    const { store, fault, faults } = scene()
    faults.get = new Error('a bug')
    for (let times = 0; times < 3; times += 1) {
      expect(fault()).toBeUndefined()
      await expect(store.get('ModelDeployment', key)).rejects.toThrow('a bug')
    }
    expect(fault()).toBe(faults.get)
  })

  it('forgets a failure that has not come again for two minutes', async () => {
    const { fault, faults, write, clock } = scene()
    faults.putStatus = full
    await write()
    await clock.advance(124_000)
    expect(fault()).toBe(full)
    await clock.advance(2000)
    expect(fault()).toBeUndefined()
  })

  it('keeps a list that fails in mind until the next sweep lists again', async () => {
    const { store, fault, faults, clock } = scene()
    faults.list = locked
    await expect(store.list('ModelRoute')[Symbol.asyncIterator]().next()).rejects.toBe(locked)
    await clock.advance(600_000)
    expect(fault()).toBe(locked)
  })

  it('keeps a list that fails in mind although single objects are read', async () => {
    const { store, fault, faults } = scene()
    faults.list = locked
    await expect(store.list('ModelRoute')[Symbol.asyncIterator]().next()).rejects.toBe(locked)
    await store.get('ModelDeployment', key)
    expect(fault()).toBe(locked)
  })

  it('notes a list that fails, and otherwise lists the objects of the store', async () => {
    const { store, fault, faults } = scene()
    const listed = async () => {
      const keys: string[] = []
      for await (const each of store.list('ModelRoute')) keys.push(each.key)
      return keys
    }
    expect(await listed()).toEqual([])
    faults.list = locked
    await expect(listed()).rejects.toBe(locked)
    expect(fault()).toBe(locked)
  })
})
