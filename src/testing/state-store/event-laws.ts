import assert from 'node:assert/strict'
import type { OutboxEvent, StateStore } from '../../store/contract.ts'
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

/** Laws of the outbox of events. */
export const eventLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'keeps the events of each key in the order of their commits',
    async check({ store }) {
      const first = await created(store, 'a', { events: () => [entry('1'), entry('2')] })
      await created(store, 'b', { events: () => [entry('3')] })
      await store.putStatus(kind, key('a'), {}, { expect: first.version, events: [entry('4'), entry('5')] })
      await store.delete(kind, key('b'), { actor, nowMs: atMs, events: () => [entry('6')] })
      const ids = await waitingIds(store)
      const ofA = ['1', '2', '4', '5']
      assert.deepEqual(
        ids.filter((id) => ofA.includes(id)),
        ofA,
      )
      assert.deepEqual(
        ids.filter((id) => !ofA.includes(id)),
        ['3', '6'],
      )
      assert.deepEqual(await waitingIds(store), ids, 'reading forgets nothing')
    },
  },
  {
    name: 'commits events without an object, among those of their key',
    async check({ store }) {
      const stored = await created(store, 'a', { events: () => [entry('1')] })
      await store.putEvents(kind, key('a'), [entry('2'), entry('3', { why: '\u2028' })])
      await store.putStatus(kind, key('a'), {}, { expect: stored.version, events: [entry('4')] })
      await store.putEvents(kind, key('nothing'), [entry('5')])
      assert.equal(await store.get(kind, key('nothing')), null, 'an event makes no object')
      const shards = [0, 1, 2, 3, 4].map(async (index) =>
        (await store.readEvents(1000, { index, of: 5 })).map(idOf),
      )
      const ofA = (await Promise.all(shards)).map((ids) => ids.filter((id) => id !== '5'))
      assert.deepEqual(ofA.flat(), ['1', '2', '3', '4'])
      assert.ok(
        ofA.some(({ length }) => length === 4),
        'a key has one shard',
      )
      const events = await store.readEvents(1000)
      assert.deepEqual(events.find((event) => idOf(event) === '3')?.entry, entry('3', { why: '\u2028' }))
      await store.acknowledgeEvents(events.map(({ id }) => id))
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'reads the oldest events, up to the asked number',
    async check({ store }) {
      await created(store, 'a', { events: () => ['1', '2', '3'].map((id) => entry(id)) })
      assert.deepEqual(await waitingIds(store, 2), ['1', '2'])
      assert.deepEqual(await waitingIds(store, 3), ['1', '2', '3'])
    },
  },
  {
    name: 'reads each event in the one shard of its key',
    async check({ store }) {
      const names = Array.from({ length: 25 }, (_, place) => `n${place}`)
      for (const round of ['1', '2']) {
        for (const name of names) {
          await store.putSpec(deployment(name, round), put({ events: () => [entry(`${name} ${round}`)] }))
        }
      }
      const shards: string[][] = []
      for (const index of [0, 1, 2]) {
        const events = await store.readEvents(1000, { index, of: 3 })
        shards.push(events.map(({ entry: { id } }) => id))
      }
      assert.deepEqual(
        shards.flat().sort(),
        [...(await waitingIds(store))].sort(),
        'the shards have all events',
      )
      for (const name of names) {
        const of = shards.filter((ids) => ids.some((id) => id.startsWith(`${name} `)))
        assert.equal(of.length, 1, `the events of ${key(name)} are in ${of.length} shards`)
        const inOrder = of[0]?.filter((id) => id.startsWith(`${name} `))
        assert.deepEqual(inOrder, [`${name} 1`, `${name} 2`])
      }
    },
  },
  {
    name: 'hinders no shard by another that waits',
    async check({ store }) {
      const names = Array.from({ length: 24 }, (_, place) => `n${place}`)
      for (const name of names) await created(store, name, { events: () => [entry(name)] })
      const stuck = await store.readEvents(1000, { index: 0, of: 2 })
      const free = await store.readEvents(1000, { index: 1, of: 2 })
      assert.ok(stuck.length > 0 && free.length > 0, 'keys spread over the shards')
      for (const { id, entry: read } of free) {
        const [next] = await store.readEvents(1, { index: 1, of: 2 })
        assert.equal(next?.entry.id, read.id, 'the limit counts the events of the shard')
        await store.acknowledgeEvents([id])
      }
      assert.deepEqual(await store.readEvents(1000, { index: 0, of: 2 }), stuck)
      assert.deepEqual(await store.readEvents(1000, { index: 1, of: 2 }), [])
    },
  },
  {
    name: 'forgets only acknowledged events',
    async check({ store }) {
      const ids = Array.from({ length: 12 }, (_, place) => `event-${place}`)
      for (const id of ids) {
        await store.putSpec(deployment('a', id), put({ events: () => [entry(id)] }))
      }
      const events = await store.readEvents(100)
      const named = (...places: number[]): string[] => places.map((place) => events[place]?.id ?? '')
      await store.acknowledgeEvents(named(0, 1))
      assert.deepEqual(await waitingIds(store), ids.slice(2))
      await store.acknowledgeEvents(named(0))
      assert.deepEqual(await waitingIds(store), ids.slice(2), 'an event that is forgotten takes nothing more')
      await store.acknowledgeEvents(named(11, 3))
      assert.deepEqual(await waitingIds(store), [ids[2], ...ids.slice(4, 11)])
      await store.acknowledgeEvents(named(2, 4, 5, 6, 7, 8, 9, 10))
      assert.deepEqual(await waitingIds(store), [])
      assert.equal((await standing(store, 'a')).generation, 12, 'objects stay')
    },
  },
  {
    name: 'keeps where the audit log ends, in the commit that acknowledges its events',
    async check({ store }) {
      assert.equal(await store.auditHead(), null)
      await created(store, 'a', { events: () => [entry('1'), entry('2')] })
      const [first, second] = await store.readEvents(2)
      await store.acknowledgeEvents([first?.id ?? ''], undefined, { records: 1, head: 'a'.repeat(64) })
      assert.deepEqual(await store.auditHead(), { records: 1, head: 'a'.repeat(64) })
      assert.deepEqual(await waitingIds(store), ['2'])
      await store.acknowledgeEvents([second?.id ?? ''])
      assert.deepEqual(
        await store.auditHead(),
        { records: 1, head: 'a'.repeat(64) },
        'no head changes nothing',
      )
      await store.acknowledgeEvents([], undefined, { records: 7, head: 'b'.repeat(64) })
      assert.deepEqual(await store.auditHead(), { records: 7, head: 'b'.repeat(64) })
    },
  },
  {
    name: 'never uses the id of an event twice',
    async check({ store }) {
      const seen: string[] = []
      for (const name of ['a', 'b', 'c']) {
        await created(store, name, { events: () => [entry(name)] })
        const [event] = await store.readEvents(1)
        assert.equal(event?.entry.id, name)
        seen.push(event?.id ?? '')
        await store.acknowledgeEvents([event?.id ?? ''])
      }
      assert.equal(new Set(seen).size, seen.length, `an id came twice: ${seen.join(', ')}`)
    },
  },
  {
    name: 'keeps room for the events of urgent writes when it is full for others',
    skip: ({ limited }) => (limited === undefined ? 'its fixture sets no limit of events' : undefined),
    async check(subject) {
      const store = (await subject.limited?.(20)) ?? assert.fail('unreachable')
      await created(store, 'a', { events: () => [entry('first')] })
      const ordinary = await written(store, 100, {})
      assert.equal(ordinary, 19, 'events up to the limit have room')
      const before = await standing(store, 'a')
      await refuses('store-full', 'an ordinary write', () =>
        created(store, 'b', { events: () => [entry('b')] }),
      )
      await refuses('store-full', 'events alone', () => store.putEvents(kind, key('b'), [entry('b')]))
      assert.equal(await store.get(kind, key('b')), null)
      assert.deepEqual(await standing(store, 'a'), before, 'a refused write changes nothing')
      const urgent = await written(store, 1000, { urgent: true })
      assert.ok(urgent >= 10, `only ${urgent} urgent writes had room`)
      assert.ok(urgent < 1000, 'urgent writes need a bound, too')
      assert.equal((await store.readEvents(1000)).length, 20 + urgent)
      const quiet = { expect: (await standing(store, 'a')).version, events: [] }
      await store.putStatus(kind, key('a'), { quiet: true }, quiet)
      const events = await store.readEvents(1000)
      await store.acknowledgeEvents(events.slice(1).map(({ id }) => id))
      assert.deepEqual(await waitingIds(store), ['first'])
      await created(store, 'b', { events: () => [entry('b')] })
      assert.deepEqual(await waitingIds(store), ['first', 'b'])
      await store.close()
    },
  },
]

function idOf({ entry: { id } }: OutboxEvent): string {
  return id
}

/** How many status writes with one event each the store takes before it is full, of at most `most`. */
async function written(
  store: StateStore,
  most: number,
  options: { readonly urgent?: boolean },
): Promise<number> {
  for (let count = 0; count < most; count += 1) {
    const expect = (await standing(store, 'a')).version
    const write = { expect, events: [entry(`event-${count}`)], ...options }
    try {
      await store.putStatus(kind, key('a'), { count }, write)
    } catch (error) {
      await refuses('store-full', 'a write without room', () => Promise.reject(error))
      return count
    }
  }
  return most
}
