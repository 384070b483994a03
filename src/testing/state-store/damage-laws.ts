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
  type StateStoreSubject,
  standing,
  waitingIds,
} from './subject.ts'

/** Laws of an object that the store holds and can no longer read. */
export const damageLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'is hindered at no other object by one that cannot be read, and names it',
    skip: cannotDamage,
    async check(subject) {
      const { store } = subject
      for (const name of ['a', 'b', 'c']) await created(store, name)
      await subject.damage?.(kind, key('b'))
      await refuses('store-corrupt', 'an object that cannot be read', () => store.get(kind, key('b')))
      const listed: StoredObject[] = []
      for await (const stored of store.list(kind)) listed.push(stored)
      assert.deepEqual(
        listed.map((stored) => stored.key),
        [key('a'), key('c')],
      )
      assert.deepEqual(
        store.faults?.().map((fault) => [fault.kind, fault.key]),
        [[kind, key('b')]],
      )
      await refuses('store-corrupt', 'a status of an object that cannot be read', () =>
        store.putStatus(kind, key('b'), {}, { expect: '1', events: [] }),
      )
      assert.equal((await store.putSpec(deployment('a', '2'), put())).generation, 2)
    },
  },
  {
    name: 'creates an object anew over one that cannot be read',
    skip: cannotDamage,
    async check(subject) {
      const { store } = subject
      const first = await created(store, 'churn', { uid: 'old' })
      await store.putSpec(deployment('churn', '2'), put())
      await subject.damage?.(kind, key('churn'))
      await refuses('conflict', 'a version of an object that cannot be read', () =>
        store.putSpec(deployment('churn', '3'), put({ expect: first.version })),
      )
      const again = await store.putSpec(
        deployment('churn', '3'),
        put({ uid: 'new', expect: 'absent', finalizers: ['target'], events: () => [entry('again')] }),
      )
      assert.deepEqual([again.uid, again.generation, again.finalizers], ['new', 1, ['target']])
      assert.equal('status' in again, false, 'a new object has no status')
      assert.deepEqual(await standing(store), again)
      assert.deepEqual(store.faults?.(), [])
      assert.deepEqual(await waitingIds(store), ['again'])
    },
  },
  {
    name: 'deletes an object that cannot be read',
    skip: cannotDamage,
    async check(subject) {
      const { store } = subject
      await created(store, 'churn', { uid: 'old', finalizers: ['target'] })
      await subject.damage?.(kind, key('churn'))
      const events = ({ key: of, uid }: UncommittedObject) => [entry(`${of} ${uid}`)]
      const left = await store.delete(kind, key('churn'), { actor, nowMs: atMs, events })
      assert.deepEqual(await waitingIds(store), [`${key('churn')} old`])
      assert.deepEqual(await store.get(kind, key('churn')), left, 'it is gone, or marked and readable')
      if (left !== null) assert.deepEqual(left.deletion, { atMs, actor })
      assert.deepEqual(store.faults?.(), [])
    },
  },
]

function cannotDamage({ damage }: StateStoreSubject): string | undefined {
  return damage === undefined ? 'its fixture damages no object' : undefined
}
