import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import type { Key } from '../../../src/resources/metadata.ts'
import type { Kind, Lease, OutboxEvent, StateStore, StoredObject } from '../../../src/store/contract.ts'
import { memoryStore } from '../../../src/store/memory-store.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { brokenLaws } from '../../../src/testing/kit.ts'
import { key, kind, put, route } from '../../../src/testing/state-store/subject.ts'
import { type StateStoreSubject, stateStoreLaws } from '../../../src/testing/state-store-kit.ts'
import { brokenMeasurements } from './broken-measurements.ts'
import { type DamageableStore, damageable } from './damageable-store.ts'

/** The wrong methods of a broken store. `good` is a store that keeps every law. */
type Breaking = (good: StateStore) => Partial<StateStore>

/** The version that stands now, for a store that does not compare the expected version. */
const newest = async (good: StateStore, of: Kind, at: Key): Promise<string> =>
  (await good.get(of, at))?.version ?? 'absent'

/** For each law, the ways to break it that the kit must see. */
const breakings: Readonly<Record<string, Breaking>> = {
  'gives a resource, status and event back unchanged, to the last character': (good) => ({
    get: async (...at) => {
      const stored = await good.get(...at)
      return stored && (JSON.parse(JSON.stringify(stored).replaceAll('\\u0000', '')) as StoredObject)
    },
  }),
  'gives null for an unknown key, and keeps kinds apart': (good) => ({
    get: async (of, at) => (await good.get(of, at)) ?? (await good.get(kind, at)),
  }),
  'raises the generation only when the spec changes': (good) => {
    const labelled = async (of: Promise<StoredObject>) => {
      const stored = await of
      const raised = Object.keys(stored.resource.metadata.labels).length > 0 ? 1 : 0
      return { ...stored, generation: stored.generation + raised }
    }
    return { putSpec: (resource, options) => labelled(good.putSpec(resource, options)) }
  },
  'gives every write a new version': (good) => ({
    putSpec: async (...put) => ({ ...(await good.putSpec(...put)), version: '1' }),
  }),
  'writes nothing and makes no events when the resource is the same': (good) => ({
    putSpec: async (resource, options) => {
      const labels = { ...resource.metadata.labels, touched: options.uid }
      return good.putSpec({ ...resource, metadata: { ...resource.metadata, labels } }, options)
    },
  }),
  'writes a spec only over the expected version': (good) => ({
    putSpec: (resource, { expect: _, ...options }) => good.putSpec(resource, options),
  }),
  'lets exactly one of two concurrent creations win': (good) => ({
    putSpec: async (resource, { expect: _, ...options }) => {
      await Promise.resolve()
      return good.putSpec(resource, options)
    },
  }),
  'makes events from the object that it will store': (good) => ({
    putSpec: (resource, options) =>
      good.putSpec(resource, { ...options, events: (next) => options.events({ ...next, generation: 0 }) }),
  }),
  'writes nothing when the events cannot be made': (good) => ({
    putSpec: async (resource, options) => {
      let events = options.events
      try {
        return await good.putSpec(resource, options)
      } catch (error) {
        events = () => []
        await good.putSpec(resource, { ...options, events })
        throw error
      }
    },
  }),
  'keeps the uid for the life of an object, and takes a new uid when the object is created again': (
    good,
  ) => ({
    putSpec: async (resource, options) => ({
      ...(await good.putSpec(resource, options)),
      uid: options.uid,
    }),
  }),
  'is not changed when the caller changes a value that it gave or got': (good) => {
    const given = new Map<string, StoredObject>()
    return {
      get: async (of, at) => {
        const stored = given.get(at) ?? structuredClone(await good.get(of, at))
        if (stored !== null) given.set(at, stored)
        return stored
      },
    }
  },
  'changes only status and version when a status is written': (good) => ({
    putStatus: async (of, at, status, options) => {
      const before = await good.get(of, at)
      const merged = { ...(before?.status as object), ...(status as object) }
      return good.putStatus(of, at, merged, options)
    },
  }),
  'writes a status only over the expected version': (good) => ({
    putStatus: async (of, at, status, options) =>
      good.putStatus(of, at, status, { ...options, expect: await newest(good, of, at) }),
  }),
  'lets exactly one of several concurrent status writes win': (good) => ({
    putStatus: async (of, at, status, options) => {
      try {
        return await good.putStatus(of, at, status, options)
      } catch {
        return good.putStatus(of, at, status, { ...options, expect: await newest(good, of, at) })
      }
    },
  }),
  'refuses a status when the object is gone': (good) => ({
    putStatus: async (of, at, ...rest) => ((await good.get(of, at)) ? good.putStatus(of, at, ...rest) : null),
  }),
  'removes an object without finalizers at once': (good) => ({
    putSpec: (resource, options) => good.putSpec(resource, { finalizers: ['always'], ...options }),
  }),
  'deletes only the expected version': (good) => ({
    delete: (of, at, { expect: _, ...options }) => good.delete(of, at, options),
  }),
  'marks an object for deletion once while finalizers remain': (good) => ({
    delete: async (of, at, options) => {
      const stored = await good.get(of, at)
      if (stored?.deletion === undefined) return good.delete(of, at, options)
      return { ...stored, deletion: { atMs: options.nowMs, actor: options.actor } }
    },
  }),
  'refuses a new spec for an object that is being deleted': (good) => ({
    putSpec: async (resource, options) => {
      const at = key(resource.metadata.name)
      const stored = await good.get(resource.kind, at)
      return stored?.deletion === undefined ? good.putSpec(resource, options) : stored
    },
  }),
  'removes a marked object with its last finalizer, and commits the events of that write': (good) => ({
    putStatus: (of, at, status, { finalizers, ...options }) =>
      good.putStatus(
        of,
        at,
        status,
        finalizers?.length === 0 ? options : { ...options, finalizers: finalizers ?? [] },
      ),
  }),
  'lists one kind in ascending order of keys': (good) => ({
    async *list(of) {
      const all: StoredObject[] = []
      for await (const stored of good.list(of)) all.push(stored)
      yield* all.sort((left, right) => (left.key.replace('/', ' ') < right.key.replace('/', ' ') ? -1 : 1))
    },
  }),
  'names the keys alone, and begins after a key and ends at a number when asked to': (good) => ({
    keys: (of, { limit } = {}) => good.keys(of, limit === undefined ? {} : { limit }),
  }),
  'gives the event loop its turns while it lists many objects': (good) => {
    const written = new Set<Key>()
    return {
      async putSpec(resource, options) {
        const stored = await good.putSpec(resource, options)
        written.add(stored.key)
        return stored
      },
      async *keys() {
        yield* written
      },
    }
  },
  'lists every lasting object exactly once, even when other objects come and go meanwhile': (good) => ({
    async *list(of) {
      for (let offset = 0; ; offset += 20) {
        const all: StoredObject[] = []
        for await (const stored of good.list(of)) all.push(stored)
        if (offset >= all.length) return
        yield* all.slice(offset, offset + 20)
      }
    },
  }),
  'starts a watch with resync': (good) => ({
    async *watch(abortSignal) {
      yield { type: 'changed', kind, key: key('churn') }
      yield* good.watch(abortSignal)
    },
  }),
  'reports every write of an object or an event to a watch': (good) => ({
    async *watch(abortSignal) {
      for await (const change of good.watch(abortSignal)) {
        if (change.type === 'resync' || (await good.get(change.kind, change.key)) !== null) yield change
      }
    },
  }),
  'names in a change the version that the object then has, or none': (good) => ({
    async *watch(abortSignal) {
      const told = new Map<Key, string>()
      for await (const change of good.watch(abortSignal)) {
        if (change.type === 'resync' || change.version === undefined) {
          yield change
          continue
        }
        // The version that the object had before.
        yield { ...change, version: told.get(change.key) ?? change.version }
        told.set(change.key, change.version)
      }
    },
  }),
  'reports changes to every watch, and keeps unread changes for a slow watch': (good) => ({
    async *watch(abortSignal) {
      let last: string | undefined
      for await (const change of good.watch(abortSignal)) {
        const name = change.type === 'resync' ? 'resync' : change.key
        if (last === undefined || last === 'resync') yield change
        last = name
      }
    },
  }),
  'ends a watch when it is aborted or the store is closed': (good) => ({
    watch: () => good.watch(new AbortController().signal),
  }),
  'has another mark after each write of an object or an event, and only then': (good) => ({
    mark: async () => ((await good.get(kind, key('a'))) === null ? 'empty' : 'filled'),
  }),
  'keeps the events of each key in the order of their commits': (good) => ({
    readEvents: async (...wanted) => [...(await good.readEvents(...wanted))].reverse(),
  }),
  'commits events without an object, among those of their key': (good) => ({
    putEvents: (of, at, events, fence) => good.putEvents(of, `${at}-events`, events, fence),
  }),
  'reads the oldest events, up to the asked number': (good) => ({
    readEvents: (limit, shard) => good.readEvents(limit + 1, shard),
  }),
  'reads each event in the one shard of its key': (good) => ({
    readEvents: async (limit, shard) => {
      const events = await good.readEvents(limit)
      return events.filter((_, place) => shard === undefined || place % shard.of === shard.index)
    },
  }),
  'hinders no shard by another that waits': (good) => ({
    readEvents: async (limit, shard) => {
      const events = await good.readEvents(limit)
      const own = new Set((await good.readEvents(1000, shard)).map(({ id }) => id))
      return events.filter(({ id }) => own.has(id))
    },
  }),
  'forgets only acknowledged events': (good) => ({
    acknowledgeEvents: async () => {
      const events = await good.readEvents(1000)
      await good.acknowledgeEvents(events.map(({ id }) => id))
    },
  }),
  'keeps where the audit log ends, in the commit that acknowledges its events': (good) => ({
    async acknowledgeEvents(ids, fence, head) {
      await good.acknowledgeEvents(ids, fence, head?.records === 7 ? undefined : head)
    },
  }),
  'never uses the id of an event twice': (good) => {
    let read: readonly OutboxEvent[] = []
    return {
      async readEvents(limit) {
        read = await good.readEvents(limit)
        return read.map(({ entry: of }, place) => ({ id: String(place), entry: of }))
      },
      acknowledgeEvents: (ids) => good.acknowledgeEvents(ids.map((id) => read[Number(id)]?.id ?? '')),
    }
  },
  'keeps room for the events of urgent writes when it is full for others': (good) => ({
    putStatus: (of, at, status, { urgent: _, ...options }) => good.putStatus(of, at, status, options),
  }),
  'grants a lease to one holder at a time': (good) => {
    let fence = 0
    return {
      acquireLease: async (name, holder, ttlMs) =>
        (await good.acquireLease(name, holder, ttlMs)) ?? {
          name,
          holder,
          fence: ++fence,
          expiresAtMs: ttlMs,
          store: 'broken',
        },
    }
  },
  'lets exactly one of several concurrent acquisitions win': (good) => {
    let busy = 0
    return {
      acquireLease: async (name, holder, ttlMs) => {
        busy += 1
        const alone = busy === 1
        const lease = await good.acquireLease(name, holder, ttlMs)
        busy -= 1
        return lease ?? (alone ? null : { name, holder, fence: 9, expiresAtMs: ttlMs, store: 'broken' })
      },
    }
  },
  'frees a lease when it expires by the store’s clock, and not before': (good) => ({
    acquireLease: (name, holder, ttlMs) => good.acquireLease(name, holder, ttlMs / 2),
  }),
  'raises the fence at every grant: after a release, after expiry and for the same holder': (good) => {
    let released = 0
    const lower = (lease: Lease | null) => lease && { ...lease, fence: lease.fence - released }
    return {
      acquireLease: async (...wanted) => lower(await good.acquireLease(...wanted)),
      releaseLease: async (lease) => {
        await good.releaseLease({ ...lease, fence: lease.fence + released })
        released += lease.fence
      },
    }
  },
  'never grants one fence twice, whatever the name of the lease': (good) => {
    const grants = new Map<string, number>()
    return {
      acquireLease: async (name, ...wanted) => {
        const lease = await good.acquireLease(name, ...wanted)
        if (lease === null) return null
        grants.set(name, (grants.get(name) ?? 0) + 1)
        return { ...lease, fence: grants.get(name) ?? 0 }
      },
    }
  },
  'names the same store in every lease': (good) => ({
    acquireLease: async (...wanted) => {
      const lease = await good.acquireLease(...wanted)
      return lease && { ...lease, store: `store of ${lease.name}` }
    },
  }),
  'extends a renewed lease under the same fence': (good) => ({
    renewLease: (lease, ttlMs) => good.acquireLease(lease.name, lease.holder, ttlMs),
  }),
  'does not renew a lease that was lost': (good) => ({
    renewLease: async (lease, ttlMs) =>
      (await good.renewLease(lease, ttlMs)) ?? (await good.acquireLease(lease.name, lease.holder, ttlMs)),
  }),
  'frees a released lease, and ignores the release of a lost lease': (good) => {
    let last: Lease | null = null
    return {
      acquireLease: async (...wanted) => {
        const lease = await good.acquireLease(...wanted)
        last = lease ?? last
        return lease
      },
      releaseLease: (lease) => good.releaseLease(last ?? lease),
    }
  },
  'refuses a lease time that is not above 0': (good) => ({
    acquireLease: (name, holder, ttlMs) => good.acquireLease(name, holder, ttlMs > 0 ? ttlMs : 1),
  }),
  'accepts writes under the newest fence': (good) => ({
    putStatus: async (of, at, status, options) => {
      if (options.fence !== undefined) throw new ModelspineError('fence-stale', 'whatever the fence')
      return good.putStatus(of, at, status, options)
    },
  }),
  'keeps a fence valid when a lease of another name is granted': (good) => {
    let newest = 0
    return {
      async acquireLease(...wanted) {
        const lease = await good.acquireLease(...wanted)
        newest = lease?.fence ?? newest
        return lease
      },
      async putStatus(of, at, status, options) {
        const { fence } = options
        if (fence !== undefined && fence.fence < newest) throw new ModelspineError('fence-stale', 'too old')
        return good.putStatus(of, at, status, options)
      },
    }
  },
  'refuses a status under an older fence after a newer fence was granted': (good) => ({
    putStatus: (of, at, status, { fence: _, ...options }) => good.putStatus(of, at, status, options),
  }),
  'refuses a status under an older fence after a newer fence wrote the object': (good) => ({
    putStatus: (of, at, status, { fence: _, ...options }) => good.putStatus(of, at, status, options),
  }),
  'refuses events without an object under an older fence': (good) => ({
    putEvents: (of, at, events) => good.putEvents(of, at, events),
  }),
  'refuses to forget events under an older fence': (good) => ({
    acknowledgeEvents: (ids) => good.acknowledgeEvents(ids),
  }),
  ...brokenMeasurements,
  'is hindered at no other object by one that cannot be read, and names it': (good) => ({
    async *list(of, options) {
      const [fault] = good.faults?.() ?? []
      if (fault !== undefined) await good.get(fault.kind, fault.key)
      yield* good.list(of, options)
    },
  }),
  'creates an object anew over one that cannot be read': (good) => ({
    putSpec: async (resource, options) => {
      const [fault] = good.faults?.() ?? []
      const stored = await good.putSpec(resource, options)
      return fault === undefined ? stored : { ...stored, uid: 'old' }
    },
  }),
  'deletes an object that cannot be read': (good) => ({
    delete: async (of, at, options) => {
      await good.get(of, at)
      return good.delete(of, at, options)
    },
  }),
  'refuses calls after it is closed, and may be closed twice': () => ({
    close: async () => {},
  }),
  'keeps its objects and events across a restart': (good) => ({
    capabilities: { ...good.capabilities, durable: true },
  }),
  'remembers leases and fences across a restart': (good) => ({
    capabilities: { ...good.capabilities, durable: true },
  }),
  'shows the writes of one handle to every other handle at once': (good) => ({
    capabilities: { ...good.capabilities, shared: true },
  }),
  'reports the writes of another handle to a watch': (good) => ({
    capabilities: { ...good.capabilities, shared: true },
  }),
  'enforces leases and fences across handles': (good) => ({
    capabilities: { ...good.capabilities, shared: true },
  }),
}

/** Another handle or a reopened store sees none of the first handle's data. */
function subjectOf(breaking: Breaking) {
  return () => {
    const clock = createFakeClock()
    const open = (maxEvents = 100_000): DamageableStore => {
      const good = damageable(memoryStore({ clock, maxEvents }))
      return { ...good, ...breaking(good) }
    }
    const store = open()
    const subject: StateStoreSubject = {
      store,
      advance: clock.advance,
      damage: store.damage,
      reopen: async () => open(),
      limited: async (maxEvents) => open(maxEvents),
      ...(store.capabilities.shared ? { another: async () => open() } : {}),
    }
    return { subject, dispose: () => store.close() }
  }
}

describe('the kit of StateStore', () => {
  it('reports no fault of a store that keeps the laws', async () => {
    expect(
      await brokenLaws(
        'StateStore',
        stateStoreLaws,
        subjectOf(() => ({})),
      ),
    ).toEqual([])
  })

  it('has a broken store for every law', () => {
    expect(Object.keys(breakings)).toEqual(stateStoreLaws.map((law) => law.name))
  })

  it.each(stateStoreLaws.map((law) => [law.name, law] as const))(
    'reports a store that breaks the law: %s',
    async (name, law) => {
      const broken = await brokenLaws('StateStore', [law], subjectOf(breakings[name] ?? (() => ({}))))
      expect(broken.map((error) => error.message)).toEqual([
        expect.stringContaining(`breaks the law of StateStore "${name}": `),
      ])
    },
  )

  it('reports a store that keeps the events of a write it refused', async () => {
    const leaving: Breaking = (good) => ({
      putStatus: async (of, at, status, options) => {
        try {
          return await good.putStatus(of, at, status, options)
        } catch (error) {
          await good.putSpec(route('elsewhere'), put({ events: () => options.events }))
          throw error
        }
      },
    })
    const broken = await brokenLaws('StateStore', stateStoreLaws, subjectOf(leaving))
    expect(broken.map((error) => error.message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('writes a status only over the expected version'),
        expect.stringContaining('refuses a status when the object is gone'),
        expect.stringContaining('refuses a status under an older fence after a newer fence was granted'),
      ]),
    )
  })

  it('names the parts that the fixture of a shared or durable store lacks', async () => {
    const claims = { durable: true, shared: true, fencing: 'granted' } as const
    const broken = await brokenLaws('StateStore', stateStoreLaws, () => {
      const clock = createFakeClock()
      return {
        subject: { store: { ...memoryStore({ clock }), capabilities: claims }, advance: clock.advance },
      }
    })
    const messages = broken.map((error) => error.message).join('\n')
    expect(broken).toHaveLength(5)
    expect(messages).toContain('needs `reopen`')
    expect(messages).toContain('needs `another`')
  })

  it('skips the laws of granted fences for a store that only sees fences', async () => {
    const capabilities = { durable: false, shared: false, fencing: 'seen' } as const
    const skipped = stateStoreLaws.filter((law) =>
      law.skip?.({ store: { ...memoryStore(), capabilities }, advance: async () => {} }),
    )
    expect(skipped.map((law) => law.name)).toEqual([
      'keeps room for the events of urgent writes when it is full for others',
      'refuses a status under an older fence after a newer fence was granted',
      'refuses events without an object under an older fence',
      'refuses to forget events under an older fence',
      'shows a measurement to other handles of the same data',
      'is hindered at no other object by one that cannot be read, and names it',
      'creates an object anew over one that cannot be read',
      'deletes an object that cannot be read',
      ...stateStoreLaws.slice(-5).map((law) => law.name),
    ])
  })
})
