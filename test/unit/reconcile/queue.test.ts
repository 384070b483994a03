import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { priorities } from '../../../src/reconcile/priority.ts'
import { createQueue, type Queue } from '../../../src/reconcile/queue.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'

const { user, drift, resync } = priorities

function setUp(): { readonly clock: FakeClock; readonly queue: Queue } {
  const clock = createFakeClock()
  return { clock, queue: createQueue({ clock }) }
}

/** Takes everything that is ready, in order. */
async function drain(queue: Queue): Promise<string[]> {
  const keys: string[] = []
  while (queue.size > 0) {
    const key = await queue.get()
    if (key === undefined) break
    keys.push(key)
    queue.done(key)
  }
  return keys
}

describe('the queue', () => {
  it('gives keys out in the order of their adds, each once', async () => {
    const { queue } = setUp()
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key)
    expect(queue.size).toBe(3)
    expect(await drain(queue)).toEqual(['b', 'a', 'c'])
  })

  it('gives out a key that was added during its work again, but only after the work is done', async () => {
    const { queue } = setUp()
    queue.add('a')
    expect(await queue.get()).toBe('a')
    queue.add('a')
    queue.add('a')
    expect([queue.size, queue.working]).toEqual([0, 1])
    queue.done('a')
    expect([queue.size, queue.working]).toEqual([1, 0])
    expect(await drain(queue)).toEqual(['a'])
    expect([queue.size, queue.delayed, queue.working]).toEqual([0, 0, 0])
  })

  it('gives out user keys before drift keys, and drift keys before resync keys', async () => {
    const { queue } = setUp()
    queue.add('resync', { priority: resync })
    queue.add('drift')
    queue.add('user', { priority: user })
    expect(await drain(queue)).toEqual(['user', 'drift', 'resync'])
  })

  it('gives lower priorities a share of the turns while keys of higher ones come again and again', async () => {
    const { queue } = setUp()
    for (let place = 0; place < 50; place += 1) {
      queue.add(`resync-${place}`, { priority: resync })
      queue.add(`drift-${place}`)
    }
    const turns = { user: 0, drift: 0, resync: 0 }
    for (let place = 0; place < 5; place += 1) queue.add(`user-${place}`, { priority: user })
    for (let turn = 0; turn < 200; turn += 1) {
      const key = (await queue.get()) ?? ''
      const sort = key.split('-')[0] as keyof typeof turns
      turns[sort] += 1
      queue.add(key, { priority: priorities[sort] })
      queue.done(key)
    }
    expect(turns).toEqual({ user: 160, drift: 20, resync: 20 })
  })

  it('serves all of 120 keys when one of them changes without end', async () => {
    const { queue } = setUp()
    for (let place = 0; place < 120; place += 1) queue.add(`k${place}`, { priority: resync })
    queue.add('k7', { priority: user })
    const served = new Set<string>()
    let turns = 0
    while (served.size < 120 && turns < 10_000) {
      turns += 1
      const key = (await queue.get()) ?? ''
      served.add(key)
      if (key === 'k7') queue.add(key, { priority: user })
      queue.done(key)
    }
    expect(turns).toBeLessThanOrEqual(119 * 9)
  })

  it('gives out a key for which something is kept before the others of its priority', async () => {
    const { clock, queue } = setUp()
    for (const key of ['a', 'b', 'c', 'worked']) queue.add(key)
    queue.take('worked', drift)
    queue.add('delayed', { afterMs: 10 })
    queue.add('user', { priority: user })
    queue.add('c', { first: true })
    queue.add('new', { first: true })
    queue.add('delayed', { first: true })
    queue.add('worked', { first: true })
    queue.add('worked')
    queue.done('worked')
    queue.add('c', { first: true })
    expect(await drain(queue)).toEqual(['user', 'worked', 'delayed', 'new', 'c', 'a', 'b'])
    for (const key of ['a', 'c']) queue.add(key)
    expect(await drain(queue)).toEqual(['a', 'c'])
    await clock.advance(10)
    expect(queue.known).toBe(0)
  })

  it('keeps the first place of a key that becomes more urgent or waits for its time', async () => {
    const { clock, queue } = setUp()
    queue.add('user', { priority: user })
    queue.add('kept', { first: true })
    queue.add('kept', { priority: user })
    expect(await drain(queue)).toEqual(['kept', 'user'])
    queue.add('later', { afterMs: 10, first: true })
    queue.add('now')
    await clock.advance(10)
    expect(await drain(queue)).toEqual(['later', 'now'])
  })

  it('tells when a key in work becomes more urgent, and gives the higher priority', async () => {
    const raised: [string, number][] = []
    const clock = createFakeClock()
    const queue = createQueue({ clock, raised: (...told) => raised.push(told) })
    queue.add('a', { priority: resync })
    queue.add('a', { priority: drift })
    expect(await queue.get()).toBe('a')
    queue.add('a', { priority: resync })
    expect([raised, queue.priorityOf('a')]).toEqual([[], drift])
    queue.add('a', { priority: user })
    queue.add('a', { priority: user })
    expect([raised, queue.priorityOf('a')]).toEqual([[['a', user]], user])
    queue.done('a')
    expect(queue.priorityOf('a')).toBe(user)
  })

  it('keeps the priority of a key in work that is added with a lower one', async () => {
    const { queue } = setUp()
    queue.add('a', { priority: user })
    await queue.get()
    queue.add('a', { priority: resync })
    expect(queue.priorityOf('a')).toBe(user)
    queue.done('a')
    expect(queue.priorityOf('a')).toBe(resync)
  })

  it('makes a few hundred keys ready in a turn when many are due at once', async () => {
    const { queue, clock } = setUp()
    for (let place = 0; place < 1000; place += 1) queue.add(`k${place}`, { afterMs: 10 })
    const ready: number[] = []
    clock.schedule(10, () => ready.push(queue.size))
    await clock.advance(10)
    expect(ready).toEqual([256])
    expect([queue.size, queue.delayed, queue.known]).toEqual([1000, 0, 1000])
  })

  it('keeps the highest priority of several adds, whether the key waits, is delayed or in work', async () => {
    const { queue, clock } = setUp()
    queue.add('working')
    await queue.get()
    for (const key of ['waiting', 'delayed', 'working']) {
      queue.add(`plain-${key}`, { priority: drift })
      const afterMs = key === 'delayed' ? 10 : 0
      queue.add(key, { priority: resync, afterMs })
      queue.add(key, { priority: user, afterMs })
      queue.add(key, { priority: drift, afterMs })
    }
    queue.done('working')
    await clock.advance(10)
    expect(await drain(queue)).toEqual([
      'waiting',
      'working',
      'delayed',
      'plain-waiting',
      'plain-delayed',
      'plain-working',
    ])
  })

  it('keeps the earliest time of several adds', async () => {
    const { queue, clock } = setUp()
    queue.add('later-then-sooner', { afterMs: 50 })
    queue.add('later-then-sooner', { afterMs: 20 })
    queue.add('sooner-then-later', { afterMs: 30 })
    queue.add('sooner-then-later', { afterMs: 60 })
    queue.add('delayed-then-now', { afterMs: 60 })
    queue.add('delayed-then-now')
    queue.add('now-then-delayed')
    queue.add('now-then-delayed', { afterMs: 60 })
    expect(await drain(queue)).toEqual(['delayed-then-now', 'now-then-delayed'])
    await clock.advance(19)
    expect(queue.size).toBe(0)
    await clock.advance(1)
    expect(await drain(queue)).toEqual(['later-then-sooner'])
    await clock.advance(10)
    expect(await drain(queue)).toEqual(['sooner-then-later'])
    await clock.advance(100)
    expect([queue.size, queue.delayed, clock.pendingTimers]).toEqual([0, 0, 0])
  })

  it('delays a key that was added with a delay during its work', async () => {
    const { queue, clock } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('a', { afterMs: 40 })
    await clock.advance(30)
    queue.done('a')
    expect([queue.size, queue.delayed]).toEqual([0, 1])
    await clock.advance(10)
    expect(await drain(queue)).toEqual(['a'])
  })

  it('answers waiting gets in the order of the calls, one get for each key', async () => {
    const { queue, clock } = setUp()
    const got: string[] = []
    for (const name of ['first', 'second', 'third']) {
      void queue.get().then((key) => got.push(`${name}: ${key}`))
    }
    queue.add('a')
    queue.add('a')
    queue.add('b', { afterMs: 5 })
    await clock.advance(5)
    expect(got).toEqual(['first: a', 'second: b'])
    queue.done('a')
    await clock.advance(0)
    expect(got).toEqual(['first: a', 'second: b', 'third: a'])
  })

  it('answers an aborted get with undefined and gives its key to another get', async () => {
    const { queue } = setUp()
    const leaving = new AbortController()
    const gone = queue.get(leaving.signal)
    const staying = queue.get()
    leaving.abort()
    queue.add('a')
    expect(await gone).toBeUndefined()
    expect(await staying).toBe('a')
    queue.add('b')
    expect(await queue.get(leaving.signal)).toBeUndefined()
    expect(queue.size).toBe(1)
  })

  it('leaves no listener on the abortSignal of an answered get', async () => {
    const { queue } = setUp()
    const { signal } = new AbortController()
    const waiting = queue.get(signal)
    queue.add('a')
    await waiting
    const closing = queue.get(signal)
    queue.close()
    await closing
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('lets a caller take a ready, delayed or unknown key by name once', async () => {
    const { queue, clock } = setUp()
    queue.add('ready')
    queue.add('delayed', { afterMs: 10 })
    expect(['ready', 'delayed', 'unknown'].map((key) => queue.take(key))).toEqual([true, true, true])
    expect(['ready', 'delayed', 'unknown'].map((key) => queue.take(key))).toEqual([false, false, false])
    queue.add('ready')
    expect(queue.take('ready')).toBe(false)
    await clock.advance(10)
    expect([queue.size, queue.delayed, queue.working]).toEqual([0, 0, 3])
    queue.done('delayed')
    queue.done('ready')
    expect(await drain(queue)).toEqual(['ready'])
  })

  it('refuses done for a key that is not in work', () => {
    const { queue } = setUp()
    queue.add('a')
    expect(() => queue.done('a')).toThrow('a is not in work')
    expect(() => queue.done('b')).toThrow(TypeError)
  })

  it('refuses a delay that is no number', () => {
    expect(() => setUp().queue.add('a', { afterMs: Number.NaN })).toThrow('afterMs of a is NaN')
  })

  it('can delay a key for longer than a timer can wait', async () => {
    const { queue, clock } = setUp()
    const monthMs = 31 * 86_400_000
    queue.add('a', { afterMs: monthMs })
    await clock.advance(monthMs - 1)
    expect(queue.size).toBe(0)
    await clock.advance(1)
    expect(queue.size).toBe(1)
  })

  it('never sets a timer further ahead than Node can hold', () => {
    const delays: number[] = []
    const clock = {
      ...createFakeClock(),
      schedule: (delayMs: number) => ({ cancel() {}, at: delays.push(delayMs) }),
    }
    createQueue({ clock }).add('a', { afterMs: 2 ** 40 })
    expect(delays).toEqual([2 ** 31 - 1])
  })

  it('forgets the waiting keys and answers every get with undefined once it is closed', async () => {
    const { queue, clock } = setUp()
    queue.add('a')
    await queue.get()
    const waiting = queue.get()
    queue.add('later', { afterMs: 10 })
    queue.add('a')
    queue.close()
    expect(await waiting).toBeUndefined()
    queue.done('a')
    queue.add('b')
    queue.close()
    expect([queue.size, queue.delayed, queue.working, clock.pendingTimers]).toEqual([0, 0, 0, 0])
    expect(await queue.get()).toBeUndefined()
  })
})
