import assert from 'node:assert/strict'
import type { StoredObject, UncommittedObject } from '../../store/contract.ts'
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
  route,
  type StateStoreSubject,
  standing,
  waitingIds,
} from './subject.ts'

/** Values that some stores are known to change. */
const awkward = {
  text: 'ü 😀 "quoted" \\ \u0000 \u2028 line\nline',
  empty: ['', {}, [], [[]], null, false, 0],
  numbers: [0.1, -1e-7, 1e21, Number.MAX_SAFE_INTEGER, -0.5],
  'key with . and $': { constructor: 'a', length: 3 },
  deep: { a: { b: { c: [{ d: null }] } } },
  long: 'x'.repeat(100_000),
}

export const specLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'gives a resource, status and event back unchanged, to the last character',
    async check({ store }) {
      const plain = deployment('churn')
      const resource = {
        ...plain,
        spec: { ...plain.spec, target: { name: 'prod', settings: awkward } },
      }
      const written = await store.putSpec(resource, put({ finalizers: ['a', 'b'] }))
      const expected: StoredObject = {
        kind,
        key: key('churn'),
        uid: 'uid-1',
        generation: 1,
        version: written.version,
        resource,
        actor,
        createdAtMs: atMs,
        finalizers: ['a', 'b'],
      }
      assert.deepEqual(written, expected)
      assert.deepEqual(await standing(store), expected)
      const withStatus = await store.putStatus(kind, key('churn'), awkward, {
        expect: written.version,
        events: [entry('event-1', awkward)],
      })
      assert.deepEqual(withStatus?.status, awkward)
      assert.deepEqual((await standing(store)).status, awkward)
      assert.deepEqual((await store.readEvents(1))[0]?.entry, entry('event-1', awkward))
    },
  },
  {
    name: 'gives null for an unknown key, and keeps kinds apart',
    async check({ store }) {
      assert.equal(await store.get(kind, key('churn')), null)
      await created(store)
      assert.equal(await store.get('ModelRoute', key('churn')), null)
      await store.putSpec(route('churn'), put({ uid: 'uid-2' }))
      assert.deepEqual((await store.get('ModelRoute', key('churn')))?.resource, route('churn'))
      assert.deepEqual((await standing(store)).resource, deployment('churn'))
    },
  },
  {
    name: 'raises the generation only when the spec changes',
    async check({ store }) {
      const first = await created(store)
      assert.equal(first.generation, 1)
      const other = { name: 'grace@example.com' }
      const labelled = await store.putSpec(deployment('churn', '1', { team: 'risk' }), put({ actor: other }))
      assert.equal(labelled.generation, 1, 'labels are not the spec')
      assert.deepEqual(labelled.actor, actor, 'the actor is the one who wrote the generation')
      assert.deepEqual(labelled.resource.metadata.labels, { team: 'risk' })
      const options = { expect: labelled.version, events: [] }
      const withStatus = await store.putStatus(kind, key('churn'), { phase: 'idle' }, options)
      assert.equal(withStatus?.generation, 1, 'a status is not the spec')
      const changed = await store.putSpec(deployment('churn', '2', { team: 'risk' }), put({ actor: other }))
      assert.equal(changed.generation, 2)
      assert.deepEqual(changed.actor, other)
      assert.deepEqual(changed.status, { phase: 'idle' }, 'declaring anew keeps the status')
      assert.deepEqual(await standing(store), changed)
    },
  },
  {
    name: 'gives every write a new version',
    async check({ store }) {
      const versions = [(await created(store)).version]
      versions.push((await store.putSpec(deployment('churn', '2'), put())).version)
      for (const phase of ['same', 'same']) {
        const options = { expect: versions.at(-1) ?? '', events: [] }
        const written = await store.putStatus(kind, key('churn'), { phase }, options)
        versions.push(written?.version ?? '')
      }
      await store.delete(kind, key('churn'), { actor, nowMs: atMs, events: () => [] })
      versions.push((await created(store, 'churn', { uid: 'uid-2' })).version)
      assert.equal(new Set(versions).size, versions.length, `a version came twice: ${versions.join(', ')}`)
    },
  },
  {
    name: 'writes nothing and makes no events when the resource is the same',
    async check({ store }) {
      const first = await created(store)
      const { spec, metadata, ...rest } = deployment('churn')
      const reordered = { spec: Object.fromEntries(Object.entries(spec).reverse()), metadata, ...rest }
      for (const same of [deployment('churn'), reordered as unknown as typeof first.resource]) {
        const again = await store.putSpec(
          same,
          put({
            expect: first.version,
            uid: 'uid-2',
            actor: { name: 'grace@example.com' },
            nowMs: atMs + 1,
            events: () => assert.fail('events was called although nothing changes'),
          }),
        )
        assert.deepEqual(again, first)
      }
      assert.deepEqual(await standing(store), first)
    },
  },
  {
    name: 'writes a spec only over the expected version',
    async check({ store }) {
      const events = () => [entry('refused')]
      await refuses('conflict', 'a version where nothing stands', () =>
        store.putSpec(deployment('churn'), put({ expect: '1', events })),
      )
      const first = await store.putSpec(deployment('churn'), put({ expect: 'absent' }))
      await refuses('conflict', '`absent` where something stands', () =>
        store.putSpec(deployment('churn', '2'), put({ expect: 'absent', events })),
      )
      const second = await store.putSpec(deployment('churn', '2'), put({ expect: first.version }))
      await refuses('conflict', 'an old version', () =>
        store.putSpec(deployment('churn', '3'), put({ expect: first.version, events })),
      )
      await refuses('conflict', 'an old version with an equal resource', () =>
        store.putSpec(deployment('churn', '2'), put({ expect: first.version, events })),
      )
      assert.deepEqual(await standing(store), second)
      assert.deepEqual(await waitingIds(store), [], 'a refused write leaves no events')
    },
  },
  {
    name: 'lets exactly one of two concurrent creations win',
    async check({ store }) {
      const outcomes = await Promise.allSettled(
        ['uid-1', 'uid-2'].map((uid) =>
          store.putSpec(deployment('churn', uid), put({ uid, expect: 'absent', events: () => [entry(uid)] })),
        ),
      )
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.uid] : []))
      assert.equal(won.length, 1, `${won.length} creations of one key were accepted`)
      assert.equal((await standing(store)).uid, won[0])
      assert.deepEqual(await waitingIds(store), won)
    },
  },
  {
    name: 'makes events from the object that it will store',
    async check({ store }) {
      const seen: UncommittedObject[] = []
      const events = (next: UncommittedObject) => {
        seen.push(next)
        return [entry(`event-${next.generation}`)]
      }
      const first = await created(store, 'churn', { events })
      const second = await store.putSpec(deployment('churn', '2'), put({ events }))
      const withVersion = (next: UncommittedObject | undefined, { version }: StoredObject) => ({
        ...next,
        version,
      })
      assert.deepEqual(withVersion(seen.at(0), first), first)
      assert.deepEqual(withVersion(seen.at(-1), second), second)
      assert.deepEqual(await waitingIds(store), ['event-1', 'event-2'])
    },
  },
  {
    name: 'writes nothing when the events cannot be made',
    async check({ store }) {
      const events = (): never => {
        throw new RangeError('no events')
      }
      await assert.rejects(created(store, 'churn', { events }), RangeError)
      assert.equal(await store.get(kind, key('churn')), null)
      const first = await created(store)
      await assert.rejects(store.putSpec(deployment('churn', '2'), put({ events })), RangeError)
      assert.deepEqual(await standing(store), first)
      await assert.rejects(store.delete(kind, key('churn'), { actor, nowMs: atMs, events }), RangeError)
      assert.deepEqual(await standing(store), first)
    },
  },
  {
    name: 'keeps the uid for the life of an object, and takes a new uid when the object is created again',
    async check({ store }) {
      await created(store)
      const changed = await store.putSpec(deployment('churn', '2'), put({ uid: 'uid-2', nowMs: atMs + 1 }))
      assert.deepEqual([changed.uid, changed.createdAtMs], ['uid-1', atMs])
      await store.delete(kind, key('churn'), { actor, nowMs: atMs, events: () => [] })
      const again = await created(store, 'churn', { uid: 'uid-3', nowMs: atMs + 2 })
      assert.deepEqual([again.uid, again.generation, again.createdAtMs], ['uid-3', 1, atMs + 2])
      assert.equal(again.status, undefined)
    },
  },
  {
    name: 'is not changed when the caller changes a value that it gave or got',
    async check({ store }) {
      const labels = { team: 'risk' }
      const status = { phase: 'idle' }
      const details = { reason: 'first' }
      const first = await store.putSpec(deployment('churn', '1', labels), put())
      const options = { expect: first.version, events: [entry('event-1', details)] }
      await store.putStatus(kind, key('churn'), status, options)
      labels.team = status.phase = details.reason = 'changed'
      const given = await standing(store)
      try {
        Object.assign(given.resource.metadata.labels, { team: 'changed' })
      } catch {
        // The object is frozen, which is just as good.
      }
      const after = await standing(store)
      assert.deepEqual(after.resource.metadata.labels, { team: 'risk' })
      assert.deepEqual(after.status, { phase: 'idle' })
      assert.deepEqual((await store.readEvents(1))[0]?.entry.details, { reason: 'first' })
    },
  },
]
