import assert from 'node:assert/strict'
import { nextTurn } from '../../clock.ts'
import type { Key } from '../../resources/metadata.ts'
import type { ListOptions, StateStore, StoreChange, StoredObject } from '../../store/contract.ts'
import type { Law } from '../kit.ts'
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
  within,
} from './subject.ts'

interface Watching {
  /** Reads until this key or `resync` comes. `resync` counts for every key. */
  until(name: string): Promise<StoreChange>
  next(): Promise<IteratorResult<StoreChange>>
  stop(): void
}

function watching(store: StateStore): Watching {
  const abort = new AbortController()
  const changes = store.watch(abort.signal)[Symbol.asyncIterator]()
  return {
    next: () => changes.next(),
    async until(name) {
      for (;;) {
        const { value, done } = await changes.next()
        if (done) return assert.fail(`the watch ended before it told of ${key(name)}`)
        if (value.type === 'resync' || (value.kind === kind && value.key === key(name))) return value
      }
    },
    stop: () => abort.abort(),
  }
}

/** Asserts that a watch reports this change after its first `resync`, and gives what it reports. */
async function tells(
  subject: StateStoreSubject,
  watch: Watching,
  name: string,
  change: () => Promise<unknown>,
): Promise<StoreChange> {
  const told = watch.until(name)
  // When the change itself fails, that error matters, and not the end of the watch.
  told.catch(() => {})
  await change()
  return within(subject, `a change of ${key(name)} in the watch`, told)
}

const remove = { actor, nowMs: atMs, events: () => [] }

/** Laws of `list`, `keys` and `watch`. */
export const readingLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'lists one kind in ascending order of keys',
    async check({ store }) {
      for (const name of ['b', 'ab', 'a-c', 'a', 'b0']) await created(store, name)
      const elsewhere = deployment('z')
      await store.putSpec(
        { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'default-2' } },
        put(),
      )
      await store.putSpec(route('r'), put())
      const listed: StoredObject[] = []
      for await (const stored of store.list(kind)) listed.push(stored)
      assert.deepEqual(
        listed.map((stored) => stored.key),
        ['default-2/z', 'default/a', 'default/a-c', 'default/ab', 'default/b', 'default/b0'],
      )
      assert.deepEqual(listed[1], await store.get(kind, key('a')))
    },
  },
  {
    name: 'names the keys alone, and begins after a key and ends at a number when asked to',
    async check({ store }) {
      const keys = ['a', 'b', 'c', 'd', 'e'].map(key)
      for (const name of ['c', 'a', 'e', 'b', 'd']) await created(store, name)
      await store.putSpec(route('r'), put())
      const parts: readonly [ListOptions | undefined, readonly Key[]][] = [
        [undefined, keys],
        [{ limit: 2 }, keys.slice(0, 2)],
        [{ after: key('b') }, keys.slice(2)],
        [{ after: key('b0'), limit: 2 }, keys.slice(2, 4)],
        [{ after: key('e') }, []],
      ]
      for (const [options, expected] of parts) {
        const named: Key[] = []
        for await (const each of store.keys(kind, options)) named.push(each)
        assert.deepEqual(named, expected, `keys with ${JSON.stringify(options)}`)
        const listed: Key[] = []
        for await (const stored of store.list(kind, options)) listed.push(stored.key)
        assert.deepEqual(listed, expected, `list with ${JSON.stringify(options)}`)
      }
    },
  },
  {
    name: 'gives the event loop its turns while it lists many objects',
    async check({ store }) {
      await Promise.all(Array.from({ length: 600 }, (_, place) => created(store, `n${place}`)))
      for (const list of [() => store.list(kind), () => store.keys(kind)]) {
        let turns = 0
        let counting = true
        const count = async (): Promise<void> => {
          for (await nextTurn(); counting; await nextTurn()) turns += 1
        }
        const counted = count()
        let listed = 0
        for await (const _ of list()) listed += 1
        counting = false
        await counted
        assert.equal(listed, 600)
        assert.ok(turns > 0, 'nothing else ran while 600 objects were listed')
      }
    },
  },
  {
    name: 'lists every lasting object exactly once, even when other objects come and go meanwhile',
    async check({ store }) {
      const name = (place: number): string => `n${String(place).padStart(3, '0')}`
      for (let place = 0; place < 240; place += 1) await created(store, name(place), { uid: name(place) })
      const seen: string[] = []
      for await (const stored of store.list(kind)) {
        seen.push(stored.key)
        if (seen.length !== 10) continue
        for (const gone of [2, 9, 10, 150, 239]) await store.delete(kind, key(name(gone)), remove)
        for (const late of ['a', 'n050-late', 'z']) await created(store, late)
        for (const changed of [5, 100, 200]) await store.putSpec(deployment(name(changed), '2'), put())
      }
      const gone = new Set([2, 9, 10, 150, 239].map((place) => key(name(place))))
      const throughout = Array.from({ length: 240 }, (_, place) => key(name(place))).filter(
        (each) => !gone.has(each),
      )
      assert.deepEqual(
        seen.filter((each) => throughout.includes(each as (typeof throughout)[number])),
        throughout,
      )
      assert.deepEqual(seen, [...seen].sort(), 'the order holds')
      assert.equal(new Set(seen).size, seen.length, 'nothing is listed twice')
    },
  },
  {
    name: 'starts a watch with resync',
    async check(subject) {
      await created(subject.store)
      const watch = watching(subject.store)
      const first = await within(subject, 'the first item of a watch', watch.next())
      watch.stop()
      assert.deepEqual(first, { done: false, value: { type: 'resync' } })
    },
  },
  {
    name: 'reports every write of an object or an event to a watch',
    async check(subject) {
      const { store } = subject
      const declared = await created(store, 'declared')
      const reported = await created(store, 'reported')
      await created(store, 'removed')
      await created(store, 'finalized', { finalizers: ['target'] })
      const watch = watching(store)
      await within(subject, 'the first item of a watch', watch.next())
      await tells(subject, watch, 'created', () => created(store, 'created'))
      await tells(subject, watch, 'declared', () =>
        store.putSpec(deployment('declared', '2'), put({ expect: declared.version })),
      )
      await tells(subject, watch, 'reported', () =>
        store.putStatus(kind, key('reported'), {}, { expect: reported.version, events: [] }),
      )
      await tells(subject, watch, 'removed', () => store.delete(kind, key('removed'), remove))
      await tells(subject, watch, 'finalized', () => store.delete(kind, key('finalized'), remove))
      const marked = await store.get(kind, key('finalized'))
      await tells(subject, watch, 'finalized', () =>
        store.putStatus(
          kind,
          key('finalized'),
          {},
          { expect: marked?.version ?? '', events: [], finalizers: [] },
        ),
      )
      await tells(subject, watch, 'told', () => store.putEvents(kind, key('told'), [entry('1')]))
      watch.stop()
    },
  },
  {
    name: 'names in a change the version that the object then has, or none',
    async check(subject) {
      const { store } = subject
      const watch = watching(store)
      await within(subject, 'the first item of a watch', watch.next())
      const expectItsVersion = async (name: string, change: () => Promise<unknown>): Promise<void> => {
        const told = await tells(subject, watch, name, change)
        const stored = await store.get(kind, key(name))
        if (told.type === 'resync' || told.version === undefined) return
        assert.equal(told.version, stored?.version, `the version that a change of ${key(name)} names`)
      }
      const expect = async (name: string): Promise<string> =>
        (await store.get(kind, key(name)))?.version ?? ''
      await expectItsVersion('a', () => created(store, 'a', { finalizers: ['target'] }))
      await expectItsVersion('b', () => created(store, 'b'))
      await expectItsVersion('a', () => store.putSpec(deployment('a', '2'), put()))
      const reported = { expect: await expect('a'), events: [] }
      await expectItsVersion('a', () => store.putStatus(kind, key('a'), { seen: 1 }, reported))
      await expectItsVersion('a', () => store.delete(kind, key('a'), remove))
      const last = { expect: await expect('a'), events: [], finalizers: [] }
      await expectItsVersion('a', () => store.putStatus(kind, key('a'), {}, last))
      await expectItsVersion('b', () => store.delete(kind, key('b'), remove))
      watch.stop()
    },
  },
  {
    name: 'reports changes to every watch, and keeps unread changes for a slow watch',
    async check(subject) {
      const { store } = subject
      const watches = [watching(store), watching(store)]
      for (const watch of watches) await within(subject, 'the first item of a watch', watch.next())
      for (const name of ['a', 'b', 'c']) await created(store, name)
      for (const watch of watches) {
        const missing = new Set(['a', 'b', 'c'])
        while (missing.size > 0) {
          const change = await within(subject, `news of ${[...missing].join(', ')}`, anyOf(watch, missing))
          if (change.type === 'resync') break
          missing.delete(change.key.split('/')[1] ?? '')
        }
        watch.stop()
      }
    },
  },
  {
    name: 'ends a watch when it is aborted or the store is closed',
    async check(subject) {
      const { store } = subject
      const before = await within(
        subject,
        'the end of a watch that was aborted before it began',
        store.watch(AbortSignal.abort())[Symbol.asyncIterator]().next(),
      )
      assert.equal(before.done, true)
      const ends: readonly [string, (watch: Watching) => unknown][] = [
        ['abort', (watch) => watch.stop()],
        ['close', () => store.close()],
      ]
      for (const [what, end] of ends) {
        const watch = watching(store)
        await within(subject, 'the first item of a watch', watch.next())
        const last = watch.next()
        await end(watch)
        const { done } = await within(subject, `the end of a watch at ${what}`, last)
        assert.equal(done, true, `a watch goes on after ${what}`)
      }
    },
  },
  {
    name: 'has another mark after each write of an object or an event, and only then',
    skip: ({ store }) => (store.mark === undefined ? 'the store has no marks' : undefined),
    async check({ store }) {
      const marks = [await store.mark?.()]
      const expectAnother = async (what: string): Promise<void> => {
        const mark = await store.mark?.()
        assert.equal(typeof mark, 'string')
        assert.ok(!marks.includes(mark), `${what} did not change the mark`)
        marks.push(mark)
      }
      const { version } = await created(store, 'a')
      await expectAnother('a new object')
      await store.putStatus(kind, key('a'), { seen: true }, { expect: version, events: [] })
      await expectAnother('a new status')
      await store.putEvents(kind, key('b'), [entry('1')])
      await expectAnother('an event without an object')
      const lease = await store.acquireLease('marks', 'one', 60_000)
      if (lease !== null) await store.releaseLease(lease)
      assert.equal(await store.mark?.(), marks.at(-1), 'a lease changed the mark')
      await store.delete(kind, key('a'), remove)
      await expectAnother('a deletion')
    },
  },
]

async function anyOf(watch: Watching, names: ReadonlySet<string>): Promise<StoreChange> {
  for (;;) {
    const { value, done } = await watch.next()
    if (done) return assert.fail(`the watch ended before it told of ${[...names].join(', ')}`)
    if (value.type === 'resync' || names.has(value.key.split('/')[1] ?? '')) return value
  }
}
