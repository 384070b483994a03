import assert from 'node:assert/strict'
import type { StateStore } from '../../store/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { granted } from './lease-laws.ts'
import {
  actor,
  atMs,
  created,
  deployment,
  entry,
  key,
  kind,
  put,
  type StateStoreSubject,
  standing,
  waitingIds,
  within,
} from './subject.ts'

/** Laws of several handles, one after another or at the same time. */
export const handleLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'refuses calls after it is closed, and may be closed twice',
    async check({ store }) {
      const first = await created(store)
      await store.close()
      await store.close()
      const calls: readonly [string, () => Promise<unknown>][] = [
        ['get', () => store.get(kind, key('churn'))],
        ['putSpec', () => created(store, 'other')],
        ['putStatus', () => store.putStatus(kind, key('churn'), {}, { expect: first.version, events: [] })],
        ['list', () => store.list(kind)[Symbol.asyncIterator]().next()],
        ['keys', () => store.keys(kind)[Symbol.asyncIterator]().next()],
        ['putEvents', () => store.putEvents(kind, key('other'), [entry('1')])],
        ['readEvents', () => store.readEvents(1)],
        ['acquireLease', () => store.acquireLease('loop', 'first', 1000)],
      ]
      for (const [name, call] of calls) await refuses('store-unavailable', `${name} after close`, call)
    },
  },
  {
    name: 'keeps its objects and events across a restart',
    skip: ({ store }) => (store.capabilities.durable ? undefined : 'it is not durable'),
    async check(subject) {
      const { store } = subject
      await created(store, 'churn', { finalizers: ['target'], events: () => [entry('1'), entry('2')] })
      const changed = await store.putSpec(deployment('churn', '2'), put())
      const options = { expect: changed.version, events: [entry('3')] }
      const last = await store.putStatus(kind, key('churn'), { phase: 'idle' }, options)
      const before = await store.readEvents(10)
      const head = { records: 3, head: 'c'.repeat(64) }
      await store.acknowledgeEvents([before[0]?.id ?? ''], undefined, head)
      const again = await reopened(subject)
      assert.deepEqual(await again.auditHead(), head)
      assert.deepEqual(await standing(again), last)
      assert.deepEqual(await again.readEvents(10), before.slice(1))
      await again.acknowledgeEvents(before.slice(1).map(({ id }) => id))
      await created(again, 'late', { events: () => [entry('4')] })
      const [next] = await again.readEvents(1)
      assert.equal(next?.entry.id, '4')
      assert.ok(!before.some(({ id }) => id === next?.id), 'an id of an event comes again')
      const seen = new Set([changed.version, last?.version])
      assert.ok(!seen.has((await standing(again, 'late')).version), 'versions go on where they were')
    },
  },
  {
    name: 'remembers leases and fences across a restart',
    skip: ({ store }) => (store.capabilities.durable ? undefined : 'it is not durable'),
    async check(subject) {
      const { store } = subject
      const held = await granted(store, 'first')
      const released = await granted(store, 'first', 'audit')
      await store.releaseLease(released)
      const again = await reopened(subject)
      assert.equal(await again.acquireLease('loop', 'second', 1000), null, 'a lease outlives its handle')
      const next = await granted(again, 'second', 'audit')
      assert.ok(next.fence > released.fence, 'a fence grows across release and restart')
      const fresh = await granted(again, 'second', 'fresh')
      assert.ok(fresh.fence > next.fence, 'a new name goes on from the fences of all others')
      assert.equal(fresh.store, held.store, 'a restart keeps the identity of the store')
      await subject.advance(1000)
      assert.ok((await granted(again, 'second')).fence > held.fence, 'a fence grows across a restart')
    },
  },
  {
    name: 'shows the writes of one handle to every other handle at once',
    skip: ({ store }) => (store.capabilities.shared ? undefined : 'it is not shared'),
    async check(subject) {
      const { store } = subject
      const other = await second(subject)
      const first = await created(store, 'churn', { events: () => [entry('1')] })
      assert.deepEqual(await standing(other), first)
      const changed = await other.putSpec(
        deployment('churn', '2'),
        put({ expect: first.version, events: () => [entry('2')] }),
      )
      assert.deepEqual(await standing(store), changed)
      assert.deepEqual(await waitingIds(store), ['1', '2'])
      await refuses('conflict', 'a version that another handle replaced', () =>
        store.putSpec(deployment('churn', '3'), put({ expect: first.version })),
      )
      const head = { records: 1, head: 'd'.repeat(64) }
      await store.acknowledgeEvents([(await store.readEvents(1))[0]?.id ?? ''], undefined, head)
      assert.deepEqual(await waitingIds(other), ['2'])
      assert.deepEqual(await other.auditHead(), head)
    },
  },
  {
    name: 'reports the writes of another handle to a watch',
    skip: ({ store }) => (store.capabilities.shared ? undefined : 'it is not shared'),
    async check(subject) {
      const other = await second(subject)
      await created(other, 'removed')
      const abort = new AbortController()
      const changes = subject.store.watch(abort.signal)[Symbol.asyncIterator]()
      await within(subject, 'the first item of a watch', changes.next())
      const writes: readonly [string, () => Promise<unknown>][] = [
        ['created', () => created(other, 'created')],
        ['removed', () => other.delete(kind, key('removed'), { actor, nowMs: atMs, events: () => [] })],
        ['told', () => other.putEvents(kind, key('told'), [entry('1')])],
      ]
      for (const [name, write] of writes) {
        await write()
        for (;;) {
          const told = await within(subject, `a change of ${key(name)} by another handle`, changes.next())
          if (told.done) assert.fail('the watch ended')
          if (told.value.type === 'resync' || told.value.key === key(name)) break
        }
      }
      abort.abort()
    },
  },
  {
    name: 'enforces leases and fences across handles',
    skip: ({ store }) => (store.capabilities.shared ? undefined : 'it is not shared'),
    async check(subject) {
      const { store } = subject
      const other = await second(subject)
      const stale = await granted(store, 'first')
      assert.equal(await other.acquireLease('loop', 'second', 1000), null)
      await store.releaseLease(stale)
      const newest = await granted(other, 'second')
      assert.ok(newest.fence > stale.fence)
      assert.equal(await store.renewLease(stale, 1000), null)
      const first = await created(store)
      const write = (from: StateStore, fence: number, expect: string) =>
        from.putStatus(kind, key('churn'), {}, { expect, fence: { lease: 'loop', fence }, events: [] })
      const written = await write(other, newest.fence, first.version)
      await refuses('fence-stale', 'a fence that another handle’s grant overtook', () =>
        write(store, stale.fence, written?.version ?? ''),
      )
    },
  },
]

async function reopened(subject: StateStoreSubject): Promise<StateStore> {
  assert.ok(subject.reopen !== undefined, 'a durable store’s fixture needs `reopen`')
  await subject.store.close()
  return subject.reopen()
}

function second(subject: StateStoreSubject): Promise<StateStore> {
  assert.ok(subject.another !== undefined, 'a shared store’s fixture needs `another`')
  return subject.another()
}
