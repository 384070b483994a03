import assert from 'node:assert/strict'
import type { StateStore } from '../../store/contract.ts'
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
    name: 'keeps events in the order of their commits',
    async check({ store }) {
      const first = await created(store, 'a', { events: () => [entry('1'), entry('2')] })
      await created(store, 'b', { events: () => [entry('3')] })
      await store.putStatus(kind, key('a'), {}, { expect: first.version, events: [entry('4'), entry('5')] })
      await store.delete(kind, key('b'), { actor, nowMs: atMs, events: () => [entry('6')] })
      const events = await store.readEvents(100)
      assert.deepEqual(
        events.map((event) => event.entry.id),
        ['1', '2', '3', '4', '5', '6'],
      )
      const positions = events.map((event) => event.position)
      assert.deepEqual(positions, [...new Set(positions)].sort(), 'positions ascend as text')
      assert.deepEqual(await waitingIds(store), ['1', '2', '3', '4', '5', '6'], 'reading forgets nothing')
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
    name: 'forgets only acknowledged events',
    async check({ store }) {
      const ids = Array.from({ length: 12 }, (_, place) => `event-${place}`)
      for (const id of ids) {
        await store.putSpec(deployment('a', id), put({ events: () => [entry(id)] }))
      }
      const events = await store.readEvents(100)
      const position = (place: number): string => events[place]?.position ?? ''
      await store.acknowledgeEvents(position(1))
      assert.deepEqual(await waitingIds(store), ids.slice(2))
      await store.acknowledgeEvents(position(0))
      assert.deepEqual(await waitingIds(store), ids.slice(2), 'an older position takes nothing more')
      await store.acknowledgeEvents(position(10))
      assert.deepEqual(await waitingIds(store), ids.slice(11))
      await store.acknowledgeEvents(position(11))
      assert.deepEqual(await waitingIds(store), [])
      assert.equal((await standing(store, 'a')).generation, 12, 'objects stay')
    },
  },
  {
    name: 'never uses a position twice',
    async check({ store }) {
      const seen: string[] = []
      for (const name of ['a', 'b', 'c']) {
        await created(store, name, { events: () => [entry(name)] })
        const [event] = await store.readEvents(1)
        assert.equal(event?.entry.id, name)
        seen.push(event?.position ?? '')
        await store.acknowledgeEvents(event?.position ?? '')
      }
      assert.deepEqual(seen, [...new Set(seen)].sort(), 'positions ascend across acknowledgements')
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
      assert.equal(await store.get(kind, key('b')), null)
      assert.deepEqual(await standing(store, 'a'), before, 'a refused write changes nothing')
      const urgent = await written(store, 1000, { urgent: true })
      assert.ok(urgent >= 10, `only ${urgent} urgent writes had room`)
      assert.ok(urgent < 1000, 'urgent writes need a bound, too')
      assert.equal((await store.readEvents(1000)).length, 20 + urgent)
      const quiet = { expect: (await standing(store, 'a')).version, events: [] }
      await store.putStatus(kind, key('a'), { quiet: true }, quiet)
      const events = await store.readEvents(1000)
      await store.acknowledgeEvents(events.at(-1)?.position ?? '')
      await created(store, 'b', { events: () => [entry('b')] })
      assert.deepEqual(await waitingIds(store), ['b'])
      await store.close()
    },
  },
]

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
