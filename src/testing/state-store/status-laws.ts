import assert from 'node:assert/strict'
import type { DeleteOptions } from '../../store/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
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
} from './subject.ts'

const other = { name: 'grace@example.com' }

function mark(options: Partial<DeleteOptions> = {}): DeleteOptions {
  return { actor: other, nowMs: atMs + 5, events: () => [], ...options }
}

/** Laws of status writes and deletion. */
export const statusLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'changes only status and version when a status is written',
    async check({ store }) {
      const first = await created(store, 'churn', { finalizers: ['target'] })
      const options = { expect: first.version, events: [] }
      const written = await store.putStatus(kind, key('churn'), { phase: 'rolling' }, options)
      assert.ok(written !== null, 'the object is still there')
      assert.deepEqual(written, { ...first, version: written.version, status: { phase: 'rolling' } })
      assert.deepEqual(await standing(store), written)
      const replaced = await store.putStatus(
        kind,
        key('churn'),
        { share: 5 },
        { expect: written.version, events: [], finalizers: ['target', 'route'] },
      )
      assert.deepEqual(replaced?.status, { share: 5 }, 'a status is replaced, not merged')
      assert.deepEqual(replaced?.finalizers, ['target', 'route'])
    },
  },
  {
    name: 'writes a status only over the expected version',
    async check({ store }) {
      const first = await created(store)
      const second = await store.putSpec(deployment('churn', '2'), put())
      await refuses('conflict', 'a status over an old version', () =>
        store.putStatus(
          kind,
          key('churn'),
          { phase: 'late' },
          { expect: first.version, events: [entry('late')] },
        ),
      )
      assert.deepEqual(await standing(store), second)
      assert.deepEqual(await waitingIds(store), [], 'a refused write leaves no events')
    },
  },
  {
    name: 'lets exactly one of several concurrent status writes win',
    async check(subject) {
      const { store } = subject
      const first = await created(store)
      const handles = subject.another === undefined ? [store] : [store, await subject.another()]
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, place) =>
          handles[place % handles.length]?.putStatus(
            kind,
            key('churn'),
            { place },
            { expect: first.version, events: [entry(`event-${place}`)] },
          ),
        ),
      )
      const won = outcomes.flatMap((outcome, place) => (outcome.status === 'fulfilled' ? [place] : []))
      assert.equal(won.length, 1, `${won.length} of 8 writes over one version were accepted`)
      assert.deepEqual((await standing(store)).status, { place: won[0] })
      assert.deepEqual(await waitingIds(store), [`event-${won[0]}`])
    },
  },
  {
    name: 'refuses a status when the object is gone',
    async check({ store }) {
      const first = await created(store)
      await store.delete(kind, key('churn'), mark())
      await refuses('not-found', 'a status of a removed object', () =>
        store.putStatus(
          kind,
          key('churn'),
          { phase: 'late' },
          { expect: first.version, events: [entry('late')] },
        ),
      )
      assert.equal(await store.get(kind, key('churn')), null)
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'removes an object without finalizers at once',
    async check({ store }) {
      const first = await created(store)
      const removed = await store.delete(kind, key('churn'), mark({ events: ({ uid }) => [entry(uid)] }))
      assert.equal(removed, null)
      assert.equal(await store.get(kind, key('churn')), null)
      assert.deepEqual(await waitingIds(store), [first.uid])
      const events = () => assert.fail('events was called although there is no object')
      assert.equal(await store.delete(kind, key('churn'), mark({ events })), null)
    },
  },
  {
    name: 'deletes only the expected version',
    async check({ store }) {
      const first = await created(store)
      const second = await store.putSpec(deployment('churn', '2'), put())
      await refuses('conflict', 'deleting an old version', () =>
        store.delete(kind, key('churn'), mark({ expect: first.version })),
      )
      assert.deepEqual(await standing(store), second)
      assert.equal(await store.delete(kind, key('churn'), mark({ expect: second.version })), null)
    },
  },
  {
    name: 'marks an object for deletion once while finalizers remain',
    async check({ store }) {
      const first = await created(store, 'churn', { finalizers: ['target'] })
      const again = await store.putSpec(deployment('churn', '2'), put({ finalizers: ['other'] }))
      assert.deepEqual(again.finalizers, ['target'], 'finalizers are kept from the first write on')
      const marked = await store.delete(kind, key('churn'), mark({ events: () => [entry('marked')] }))
      assert.deepEqual(marked?.deletion, { atMs: atMs + 5, actor: other })
      assert.deepEqual([marked?.uid, marked?.generation], [first.uid, 2])
      assert.notEqual(marked?.version, again.version)
      const events = () => assert.fail('events was called although the object is already marked')
      const twice = await store.delete(kind, key('churn'), mark({ actor, nowMs: atMs + 9, events }))
      assert.deepEqual(twice, marked)
      assert.deepEqual(await standing(store), marked)
      assert.deepEqual(await waitingIds(store), ['marked'])
    },
  },
  {
    name: 'refuses a new spec for an object that is being deleted',
    async check({ store }) {
      await created(store, 'churn', { finalizers: ['target'] })
      const marked = await store.delete(kind, key('churn'), mark())
      for (const model of ['1', '2']) {
        await refuses('conflict', 'declaring a marked object', () =>
          store.putSpec(deployment('churn', model), put({ events: () => [entry('refused')] })),
        )
      }
      assert.deepEqual(await standing(store), marked)
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'removes a marked object with its last finalizer, and commits the events of that write',
    async check({ store }) {
      const first = await created(store, 'churn', { finalizers: ['target', 'route'] })
      const unmarked = await store.putStatus(
        kind,
        key('churn'),
        {},
        { expect: first.version, events: [], finalizers: [] },
      )
      assert.ok(unmarked !== null, 'without a deletion mark an object outlives its finalizers')
      const guarded = await store.putStatus(
        kind,
        key('churn'),
        {},
        { expect: unmarked.version, events: [], finalizers: ['target', 'route'] },
      )
      await store.delete(kind, key('churn'), mark({ expect: guarded?.version ?? '' }))
      const half = await store.putStatus(
        kind,
        key('churn'),
        {},
        { expect: (await standing(store)).version, events: [], finalizers: ['route'] },
      )
      assert.deepEqual(half?.finalizers, ['route'])
      const gone = await store.putStatus(
        kind,
        key('churn'),
        {},
        { expect: half?.version ?? '', events: [entry('gone')], finalizers: [] },
      )
      assert.equal(gone, null)
      assert.equal(await store.get(kind, key('churn')), null)
      assert.deepEqual(await waitingIds(store), ['gone'])
    },
  },
]
