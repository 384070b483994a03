import { afterEach, describe, expect, it } from 'vitest'
import { sleep } from '../../../src/clock.ts'
import {
  createLeaderElection,
  type LeaderElection,
  type LeaderElectionOptions,
} from '../../../src/reconcile/leader-election.ts'
import type { HeldLease } from '../../../src/reconcile/lease-term.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'
import { type ElectionStore, leases } from './election-store.ts'

const ttlMs = 15_000
const started: LeaderElection[] = []
let clock: FakeClock = createFakeClock()

interface Candidate {
  readonly election: LeaderElection
  /** The events so far, each with its time in seconds. */
  readonly seen: string[]
  held: HeldLease | undefined
  abortSignal: AbortSignal | undefined
}

const at = (what: string): string => `${what} at ${clock.monotonic() / 1000}`

function candidate(
  store: ElectionStore,
  holder: string,
  options: Partial<LeaderElectionOptions> = {},
): Candidate {
  const seen: string[] = []
  const election = createLeaderElection({
    store,
    name: 'plane',
    holder,
    clock,
    jitter: 0,
    onGained(lease, abortSignal) {
      self.held = lease
      self.abortSignal = abortSignal
      seen.push(at(`gained ${lease.fence}`))
      abortSignal.addEventListener('abort', () => seen.push(at('aborted')))
    },
    onLost: (reason) => seen.push(at(reason)),
    ...options,
  })
  const self: Candidate = { election, seen, held: undefined, abortSignal: undefined }
  started.push(election)
  election.start()
  return self
}

/** Advances the clock by `count` seconds. */
async function seconds(count: number): Promise<void> {
  await clock.advance(count * 1000)
}

afterEach(async () => {
  const stopping = Promise.all(started.splice(0).map((election) => election.stop()))
  await clock.advance(100_000)
  await stopping
  expect(clock.pendingTimers).toBe(0)
  clock = createFakeClock()
})

describe('leader election', () => {
  it('gives the lease to one process, which keeps the lease as long as it renews', async () => {
    const store = leases(clock)
    const [first, second] = [candidate(store, 'first'), candidate(store, 'second')]
    await seconds(120)
    expect([first.seen, second.seen]).toEqual([['gained 1 at 0'], []])
    expect([first.election.lease()?.fence, second.election.lease()]).toEqual([1, undefined])
  })

  it('reports how long work may still go on: the rest of the lease minus the margin', async () => {
    const { election, held } = candidate(leases(clock), 'first')
    await seconds(4)
    expect(held).toBeUndefined()
    expect(election.lease()?.remainingMs()).toBe(6_000)
    await seconds(1)
    expect(election.lease()?.remainingMs()).toBe(10_000)
  })

  it('hands the lease over as soon as the leader stops, with a greater fence', async () => {
    const store = leases(clock)
    const [first, second] = [candidate(store, 'first'), candidate(store, 'second')]
    await seconds(3)
    await first.election.stop()
    expect(first.seen).toEqual(['gained 1 at 0', 'aborted at 3', 'stopped at 3'])
    expect([first.election.lease(), first.held?.remainingMs()]).toEqual([undefined, 0])
    await seconds(2)
    expect(second.seen).toEqual(['gained 2 at 4'])
  })

  it('keeps the lease until the work has ended, and only then releases it', async () => {
    const store = leases(clock)
    let leave = (): void => {}
    const first = candidate(store, 'first', {
      graceMs: 60_000,
      onGained: () => new Promise<void>((resolve) => (leave = resolve)),
    })
    const second = candidate(store, 'second')
    await seconds(1)
    let stopped = false
    const stopping = first.election.stop().then(() => {
      stopped = true
    })
    await seconds(40)
    expect([stopped, second.seen, first.election.lease()?.fence]).toEqual([false, [], 1])
    leave()
    await stopping
    await seconds(2)
    expect(second.seen).toEqual(['gained 2 at 42'])
  })

  it('keeps trying to renew while the store is down, and ends the work before the lease expires', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first')
    const second = candidate(leases(clock, store), 'second')
    await seconds(6)
    store.fail('down')
    await seconds(60)
    expect(first.seen).toEqual(['gained 1 at 0', 'aborted at 15', 'expired at 15'])
    expect(second.seen).toEqual(['gained 2 at 20'])
    expect(store.calls.filter((call) => call.startsWith('renew'))).toEqual([
      'renew at 5',
      'renew at 10 failed',
      'renew at 12 failed',
      'renew at 14 failed',
    ])
  })

  it('goes on when the store comes back in time', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first')
    await seconds(6)
    store.fail('down')
    await seconds(7)
    store.fail('no')
    await seconds(60)
    expect(first.seen).toEqual(['gained 1 at 0'])
  })

  it('ends the work when a renewal hangs, and does not use a late answer as a lease', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first', { retryEveryMs: 1_000_000 })
    await seconds(1)
    store.fail('hang')
    await seconds(11)
    expect(first.seen).toEqual(['gained 1 at 0', 'aborted at 10', 'expired at 10'])
    store.fail('no')
    await seconds(0)
    expect(first.election.lease()).toBeUndefined()
    expect(store.calls.at(-1)).toBe('release at 10')
    // Only the wait for the next attempt.
    expect(clock.pendingTimers).toBe(1)
  })

  it('keeps the lease at a store that answers each call within its limit, but slowly', async () => {
    const quick = leases(clock)
    const slow: ElectionStore = {
      ...quick,
      renewLease: async (lease, ttlMs) => {
        const renewed = await quick.renewLease(lease, ttlMs)
        await sleep(clock, 3000)
        return renewed
      },
    }
    const first = candidate(slow, 'first')
    await seconds(120)
    expect(first.seen).toEqual(['gained 1 at 0'])
  })

  it('counts the life of a renewed lease from the time of the request', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first')
    await seconds(1)
    store.fail('hang')
    await seconds(8)
    store.fail('no')
    await seconds(0)
    expect(first.election.lease()?.remainingMs()).toBe(6_000)
  })

  it('ends the work as soon as the store says that the lease is gone', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first')
    await seconds(1)
    await store.releaseLease({ name: 'plane', holder: 'first', fence: 1, expiresAtMs: 0, store: 'test' })
    await store.acquireLease('plane', 'intruder', 10_000)
    await seconds(4)
    expect(first.seen).toEqual(['gained 1 at 0', 'aborted at 5', 'taken at 5'])
    expect(store.calls.filter((call) => call.startsWith('release'))).toEqual(['release at 1'])
    await seconds(10)
    expect(first.seen.slice(3)).toEqual(['gained 3 at 11'])
  })

  it('notices before any timer runs that it was frozen for longer than the lease', async () => {
    const frozen = createFakeClock()
    let standstillMs = 0
    const waking = {
      ...frozen,
      now: () => frozen.now() + standstillMs,
      monotonic: () => frozen.monotonic() + standstillMs,
    }
    const first = candidate(leases(waking), 'first', { clock: waking })
    await frozen.advance(1_000)
    expect(first.held?.remainingMs()).toBe(9_000)
    standstillMs = ttlMs
    expect(first.held?.remainingMs()).toBe(0)
    expect(first.election.lease()).toBeUndefined()
    expect(first.abortSignal?.aborted).toBe(true)
    const stopping = first.election.stop()
    await frozen.advance(0)
    await stopping
  })

  it('notices that the machine slept while the monotonic clock stood still', async () => {
    const base = createFakeClock()
    let sleptMs = 0
    const sleeping = { ...base, now: () => base.now() + sleptMs }
    const first = candidate(leases(sleeping), 'first', { clock: sleeping })
    await base.advance(1_000)
    sleptMs = ttlMs
    expect(first.election.lease()).toBeUndefined()
    sleptMs = -ttlMs
    expect(first.election.lease()).toBeUndefined()
    const stopping = first.election.stop()
    await base.advance(0)
    await stopping
  })

  it('is not deceived by a wall clock that is set back', async () => {
    const base = createFakeClock()
    let setBackMs = 0
    const store = leases(base)
    const first = candidate(store, 'first', { clock: { ...base, now: () => base.now() - setBackMs } })
    await base.advance(1_000)
    setBackMs = 3_600_000
    store.fail('down')
    expect(first.election.lease()?.remainingMs()).toBe(9_000)
    await base.advance(9_000)
    expect(first.abortSignal?.aborted).toBe(true)
    const stopping = first.election.stop()
    await base.advance(0)
    await stopping
  })

  it('gives back a lease that is granted after it was stopped', async () => {
    const store = leases(clock)
    store.fail('hang')
    const first = candidate(store, 'first')
    await seconds(1)
    const stopping = first.election.stop()
    store.fail('no')
    await stopping
    expect([first.seen, store.calls]).toEqual([[], ['acquire at 0', 'release at 1']])
  })

  it('does not begin work under a lease whose grant came too late', async () => {
    const store = leases(clock)
    store.fail('hang')
    const first = candidate(store, 'first')
    await seconds(11)
    store.fail('no')
    await seconds(1)
    expect([first.seen, first.election.lease()]).toEqual([[], undefined])
    expect(store.calls.slice(0, 2)).toEqual(['acquire at 0', 'release at 11'])
    await seconds(1)
    expect(first.seen).toEqual(['gained 2 at 13'])
  })

  it('gives the lease up when onGained fails, and seeks it again', async () => {
    let fail = true
    const errors: string[] = []
    const write = (): void => {}
    const first = candidate(leases(clock), 'first', {
      logger: { debug: write, info: write, warn: write, error: (_fields, text) => errors.push(text) },
      async onGained(lease) {
        first.seen.push(at(`gained ${lease.fence}`))
        if (fail) throw new Error('cannot list')
      },
    })
    await seconds(1)
    expect(first.seen).toEqual(['gained 1 at 0', 'failed at 0'])
    expect(errors).toEqual(['onGained failed: cannot list'])
    fail = false
    await seconds(2)
    expect(first.seen.slice(2)).toEqual(['gained 2 at 2'])
  })

  it('does not seek the lease again before the work of the last term has ended', async () => {
    const store = leases(clock)
    const leave: (() => void)[] = []
    const first = candidate(store, 'first', {
      graceMs: 60_000,
      onGained: () => new Promise<void>((resolve) => leave.push(resolve)),
    })
    await seconds(1)
    store.fail('down')
    await seconds(20)
    store.fail('no')
    await seconds(20)
    expect([first.seen, leave.length]).toEqual([['expired at 10'], 1])
    leave[0]?.()
    await seconds(3)
    expect(leave.length).toBe(2)
    leave[1]?.()
  })

  it('seeks the lease again when the work ignores its abort for graceMs, and that work has no lease', async () => {
    const store = leases(clock)
    const held: HeldLease[] = []
    const first = candidate(store, 'first', {
      graceMs: 3000,
      onGained: (lease) => {
        held.push(lease)
        return new Promise(() => {})
      },
    })
    await seconds(1)
    store.fail('down')
    await seconds(11)
    store.fail('no')
    expect(held[0]?.remainingMs()).toBe(0)
    await seconds(4)
    expect(held.map(({ fence }) => fence)).toEqual([1, 2])
    expect(first.election.lease()?.fence).toBe(2)
  })

  it.each([
    ['leads', 1],
    ['waits for the end of work whose lease expired', 20],
  ])('gives the work less time at a stop that says so, when it %s', async (_when, after) => {
    const store = leases(clock)
    const first = candidate(store, 'first', { graceMs: 60_000, onGained: () => new Promise(() => {}) })
    await seconds(1)
    if (after > 1) store.fail('down')
    await seconds(after)
    let stopped = false
    void first.election.stop({ graceMs: 500 }).then(() => {
      stopped = true
    })
    await clock.advance(499)
    expect(stopped).toBe(false)
    await clock.advance(1)
    expect([stopped, clock.pendingTimers]).toEqual([true, 0])
  })

  it('stops after graceMs although the work ignores its abort, and releases the lease', async () => {
    const store = leases(clock)
    const first = candidate(store, 'first', { graceMs: 3000, onGained: () => new Promise(() => {}) })
    await seconds(1)
    let stopped = false
    void first.election.stop().then(() => {
      stopped = true
    })
    await seconds(2)
    expect(stopped).toBe(false)
    await seconds(1)
    expect([stopped, store.calls.at(-1)]).toEqual([true, 'release at 4'])
  })

  it('tells the identity of the store that granted the lease', async () => {
    const first = candidate(leases(clock), 'first')
    await seconds(1)
    expect(first.election.lease()?.store).toBe('test')
  })

  it('spreads its attempts over time at random', async () => {
    const store = leases(clock)
    await store.acquireLease('plane', 'other', 1_000_000)
    candidate(store, 'first', { jitter: 1.2 })
    await seconds(60)
    const times = store.calls
      .filter((call) => call.includes('refused'))
      .map((call) => Number(call.split(' ')[2]))
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(gaps.length).toBeGreaterThan(10)
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1.999)
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(4.401)
    expect(new Set(gaps.map((gap) => gap.toFixed(2))).size).toBeGreaterThan(5)
  })

  it('can be started again while it stops, but first waits for the old work to end', async () => {
    const store = leases(clock)
    const leave: (() => void)[] = []
    const first = candidate(store, 'first', {
      graceMs: 60_000,
      onGained: () => new Promise<void>((resolve) => leave.push(resolve)),
    })
    await seconds(1)
    const stopping = first.election.stop()
    first.election.start()
    await seconds(30)
    expect([leave.length, first.election.lease()?.fence]).toEqual([1, 1])
    leave[0]?.()
    await stopping
    await seconds(0)
    expect([leave.length, first.election.lease()?.fence]).toEqual([2, 2])
    leave[1]?.()
  })

  it.each([
    [{ ttlMs: 0 }, 'ttlMs is 0'],
    [{ renewEveryMs: Number.NaN }, 'renewEveryMs is NaN'],
    [{ marginMs: -1 }, 'marginMs is -1'],
    [{ renewEveryMs: 10_000 }, 'must add up to less than ttlMs'],
  ])('refuses the times %j', (times, message) => {
    const store = leases(clock)
    expect(() =>
      createLeaderElection({ store, name: 'plane', holder: 'a', clock, onGained() {}, ...times }),
    ).toThrow(message)
  })
})
