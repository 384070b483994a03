import { ModelspineError } from '../../../src/errors.ts'
import type { Key } from '../../../src/resources/metadata.ts'
import type { Kind, StateStore, StoreFault } from '../../../src/store/contract.ts'
import { actor } from '../../../src/testing/state-store/subject.ts'

export interface DamageableStore extends StateStore {
  damage(kind: Kind, key: Key): Promise<void>
}

/** The same store, in which a test can make objects unreadable. */
export function damageable(good: StateStore): DamageableStore {
  const damaged = new Map<string, StoreFault>()
  const expectReadable = (kind: Kind, key: Key): void => {
    const fault = damaged.get(`${kind} ${key}`)
    if (fault !== undefined)
      throw new ModelspineError('store-corrupt', fault.message, { details: { kind, key } })
  }
  const remove = async (kind: Kind, key: Key): Promise<void> => {
    const left = await good.delete(kind, key, { actor, nowMs: 0, events: () => [] })
    if (left === null) return
    await good.putStatus(kind, key, {}, { expect: left.version, events: [], finalizers: [] })
  }
  return {
    ...good,
    async get(kind, key) {
      expectReadable(kind, key)
      return good.get(kind, key)
    },
    async *list(kind, options) {
      for await (const stored of good.list(kind, options)) {
        if (!damaged.has(`${kind} ${stored.key}`)) yield stored
      }
    },
    async putSpec(resource, options) {
      const key: Key = `${resource.metadata.namespace}/${resource.metadata.name}`
      if (damaged.has(`${resource.kind} ${key}`)) {
        if (![undefined, 'absent'].includes(options.expect)) throw new ModelspineError('conflict', 'absent')
        await remove(resource.kind, key)
        damaged.delete(`${resource.kind} ${key}`)
      }
      return good.putSpec(resource, options)
    },
    async putStatus(kind, key, ...rest) {
      expectReadable(kind, key)
      return good.putStatus(kind, key, ...rest)
    },
    async delete(kind, key, options) {
      damaged.delete(`${kind} ${key}`)
      return good.delete(kind, key, options)
    },
    faults: () => [...damaged.values()],
    async damage(kind, key) {
      damaged.set(`${kind} ${key}`, { kind, key, message: `${kind} ${key} cannot be read` })
    },
  }
}
