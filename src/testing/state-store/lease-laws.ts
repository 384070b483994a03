import assert from 'node:assert/strict'
import type { Lease, StateStore } from '../../store/contract.ts'
import type { Law } from '../kit.ts'
import { refuses } from '../refuses.ts'
import { created, entry, key, kind, type StateStoreSubject, standing, waitingIds } from './subject.ts'

const ttlMs = 1000

export async function granted(store: StateStore, holder: string, name = 'loop'): Promise<Lease> {
  const lease = await store.acquireLease(name, holder, ttlMs)
  assert.ok(lease !== null, `a free lease should be granted to ${holder}`)
  return lease
}

/** Two grants of one lease, so that the first one is stale. */
async function twoGrants(store: StateStore): Promise<{ readonly stale: Lease; readonly newest: Lease }> {
  const stale = await granted(store, 'first')
  await store.releaseLease(stale)
  return { stale, newest: await granted(store, 'second') }
}

export const leaseLaws: readonly Law<StateStoreSubject>[] = [
  {
    name: 'grants a lease to one holder at a time',
    async check({ store }) {
      const lease = await granted(store, 'first')
      assert.deepEqual([lease.name, lease.holder], ['loop', 'first'])
      assert.ok(Number.isSafeInteger(lease.fence) && lease.fence > 0, 'a fence is a positive whole number')
      assert.equal(await store.acquireLease('loop', 'second', ttlMs), null)
      const other = await store.acquireLease('audit', 'second', ttlMs)
      assert.ok(other !== null, 'another name is another lease')
    },
  },
  {
    name: 'lets exactly one of several concurrent acquisitions win',
    async check(subject) {
      const handles = [subject.store, (await subject.another?.()) ?? subject.store]
      const leases = await Promise.all(
        Array.from({ length: 8 }, (_, place) =>
          handles[place % 2]?.acquireLease('loop', `holder-${place}`, ttlMs),
        ),
      )
      const won = leases.filter((lease) => lease !== null)
      assert.equal(won.length, 1, `${won.length} holders were granted one lease`)
    },
  },
  {
    name: 'frees a lease when it expires by the store’s clock, and not before',
    async check({ store, advance }) {
      const lease = await granted(store, 'first')
      await advance(ttlMs - 200)
      assert.equal(await store.acquireLease('loop', 'second', ttlMs), null, 'it has not expired yet')
      await advance(200)
      const next = await store.acquireLease('loop', 'second', ttlMs)
      assert.ok(next !== null, 'an expired lease is free')
      assert.ok(next.expiresAtMs >= lease.expiresAtMs + ttlMs, 'a grant lasts its whole time to live')
    },
  },
  {
    name: 'raises the fence at every grant: after a release, after expiry and for the same holder',
    async check({ store, advance }) {
      const fences = [(await granted(store, 'first')).fence]
      const again = await granted(store, 'first')
      fences.push(again.fence)
      await store.releaseLease(again)
      fences.push((await granted(store, 'first')).fence)
      await advance(ttlMs)
      fences.push((await granted(store, 'second')).fence)
      assert.deepEqual(
        fences,
        [...new Set(fences)].sort((left, right) => left - right),
        `fences do not grow: ${fences.join(', ')}`,
      )
    },
  },
  {
    name: 'never grants one fence twice, whatever the name of the lease',
    async check({ store, advance }) {
      const fences: number[] = []
      for (const name of ['loop', 'audit', 'loop', 'other', 'audit', 'loop']) {
        fences.push((await granted(store, 'first', name)).fence)
      }
      await advance(ttlMs)
      for (const name of ['other', 'loop']) fences.push((await granted(store, 'second', name)).fence)
      const growing = fences.every((fence, place) => place === 0 || fence > (fences[place - 1] ?? 0))
      assert.ok(growing, `the fences of several names do not grow: ${fences.join(', ')}`)
    },
  },
  {
    name: 'names the same store in every lease',
    async check(subject) {
      const { store } = subject
      const lease = await granted(store, 'first')
      assert.ok(typeof lease.store === 'string' && lease.store !== '', 'a lease names its store')
      assert.equal((await store.renewLease(lease, ttlMs))?.store, lease.store, 'a renewal changes it')
      assert.equal((await granted(store, 'first', 'audit')).store, lease.store, 'another name changes it')
      const other = await subject.another?.()
      if (other !== undefined) {
        assert.equal((await granted(other, 'first', 'third')).store, lease.store, 'another handle changes it')
      }
    },
  },
  {
    name: 'extends a renewed lease under the same fence',
    async check({ store, advance }) {
      const lease = await granted(store, 'first')
      await advance(600)
      const renewed = await store.renewLease(lease, ttlMs)
      assert.ok(renewed !== null, 'a live lease can be renewed')
      assert.deepEqual([renewed.name, renewed.holder, renewed.fence], ['loop', 'first', lease.fence])
      assert.ok(renewed.expiresAtMs > lease.expiresAtMs)
      await advance(600)
      assert.equal(
        await store.acquireLease('loop', 'second', ttlMs),
        null,
        'it lasts beyond its first expiry',
      )
      assert.ok(
        (await store.renewLease(lease, ttlMs)) !== null,
        'an older copy of the same grant can be renewed',
      )
    },
  },
  {
    name: 'does not renew a lease that was lost',
    async check({ store, advance }) {
      const expired = await granted(store, 'first')
      await advance(ttlMs)
      assert.equal(await store.renewLease(expired, ttlMs), null, 'it expired')
      const taken = await granted(store, 'second')
      assert.equal(await store.renewLease(expired, ttlMs), null, 'another holder has it')
      const again = await granted(store, 'second')
      assert.equal(await store.renewLease(taken, ttlMs), null, 'the same holder acquired it anew')
      await store.releaseLease(again)
      assert.equal(await store.renewLease(again, ttlMs), null, 'it was released')
    },
  },
  {
    name: 'frees a released lease, and ignores the release of a lost lease',
    async check({ store }) {
      const { stale, newest } = await twoGrants(store)
      await store.releaseLease(stale)
      assert.equal(await store.acquireLease('loop', 'third', ttlMs), null, 'a lost lease frees nothing')
      assert.ok((await store.renewLease(newest, ttlMs)) !== null, 'the new holder keeps it')
      await store.releaseLease({ name: 'unknown', holder: 'first', fence: 1, expiresAtMs: 0, store: '' })
    },
  },
  {
    name: 'refuses a lease time that is not above 0',
    async check({ store }) {
      for (const wrong of [0, -1, Number.NaN]) {
        await assert.rejects(
          store.acquireLease('loop', 'first', wrong),
          TypeError,
          `a lease of ${wrong} ms should be a TypeError`,
        )
      }
      const lease = await granted(store, 'first')
      await assert.rejects(store.renewLease(lease, 0), TypeError)
    },
  },
  {
    name: 'accepts writes under the newest fence',
    async check({ store }) {
      const { newest } = await twoGrants(store)
      const fence = { lease: 'loop', fence: newest.fence }
      const first = await created(store)
      const options = { expect: first.version, fence, events: [entry('event-1')] }
      const written = await store.putStatus(kind, key('churn'), { phase: 'idle' }, options)
      assert.deepEqual(written?.status, { phase: 'idle' })
      const [event] = await store.readEvents(1)
      await store.acknowledgeEvents([event?.id ?? ''], fence)
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'keeps a fence valid when a lease of another name is granted',
    async check({ store }) {
      const work = await granted(store, 'first')
      const audit = await granted(store, 'first', 'audit')
      const first = await created(store, 'churn', { events: () => [entry('event-1')] })
      await store.releaseLease(audit)
      const others = await granted(store, 'second', 'audit')
      const fence = { lease: 'loop', fence: work.fence }
      await store.putStatus(kind, key('churn'), {}, { expect: first.version, fence, events: [] })
      const [event] = await store.readEvents(1)
      await store.acknowledgeEvents([event?.id ?? ''], { lease: 'audit', fence: others.fence })
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'refuses a status under an older fence after a newer fence was granted',
    skip: ({ store }) => fencingSeen(store),
    async check({ store }) {
      const { stale, newest } = await twoGrants(store)
      const first = await created(store)
      for (const fence of [stale.fence, newest.fence + 1]) {
        await refuses('fence-stale', `a status under fence ${fence} while ${newest.fence} counts`, () =>
          store.putStatus(
            kind,
            key('churn'),
            { phase: 'late' },
            { expect: first.version, fence: { lease: 'loop', fence }, events: [entry('late')] },
          ),
        )
      }
      assert.deepEqual(await standing(store), first)
      assert.deepEqual(await waitingIds(store), [])
    },
  },
  {
    name: 'refuses a status under an older fence after a newer fence wrote the object',
    async check({ store }) {
      const stale = await granted(store, 'first')
      const first = await created(store)
      const write = (lease: Lease, expect: string) =>
        store.putStatus(
          kind,
          key('churn'),
          { by: lease.holder },
          { expect, fence: { lease: 'loop', fence: lease.fence }, events: [] },
        )
      const second = await write(stale, first.version)
      await store.releaseLease(stale)
      const third = await write(await granted(store, 'second'), second?.version ?? '')
      await refuses('fence-stale', 'a status under an older fence', () => write(stale, third?.version ?? ''))
      assert.deepEqual((await standing(store)).status, { by: 'second' })
    },
  },
  {
    name: 'refuses events without an object under an older fence',
    skip: ({ store }) => fencingSeen(store),
    async check({ store }) {
      const { stale, newest } = await twoGrants(store)
      const under = ({ fence }: Lease, id: string) =>
        store.putEvents(kind, key('churn'), [entry(id)], { lease: 'loop', fence })
      await refuses('fence-stale', 'events under an older fence', () => under(stale, 'stale'))
      await under(newest, 'newest')
      assert.deepEqual(await waitingIds(store), ['newest'])
    },
  },
  {
    name: 'refuses to forget events under an older fence',
    skip: ({ store }) => fencingSeen(store),
    async check({ store }) {
      const { stale } = await twoGrants(store)
      await created(store, 'churn', { events: () => [entry('event-1')] })
      const [event] = await store.readEvents(1)
      await refuses('fence-stale', 'acknowledging under an older fence', () =>
        store.acknowledgeEvents(
          [event?.id ?? ''],
          { lease: 'loop', fence: stale.fence },
          { records: 1, head: 'a' },
        ),
      )
      assert.equal(await store.auditHead(), null, 'a refused write keeps no head')
      assert.deepEqual(await waitingIds(store), ['event-1'])
    },
  },
]

function fencingSeen(store: StateStore): string | undefined {
  return store.capabilities.fencing === 'seen' ? 'fencing is seen, not granted' : undefined
}
