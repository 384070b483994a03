import { describe, expect, it } from 'vitest'
import type { Rate } from '../../../../../../src/plane/rates.ts'
import { Bulkhead } from '../../../../../../src/plane/wiring/guards/room/bulkhead.ts'
import { TokenBucket } from '../../../../../../src/plane/wiring/guards/room/token-bucket.ts'
import { type Priority, priorities } from '../../../../../../src/reconcile/priority.ts'
import type { Key } from '../../../../../../src/resources/metadata.ts'
import { createFakeClock } from '../../../../../../src/testing/fake-clock.ts'
import { guardScene, settled } from '../guard-scene.ts'

const { user, drift, resync } = priorities

function scene(rate: Rate, most = 1000) {
  const clock = createFakeClock()
  const bucket = new TokenBucket(clock, rate)
  const bulkhead = new Bulkhead(most, bucket)
  const made: Key[] = []
  const call = (key: Key, priority: Priority = drift): void => {
    const make = (): void => {
      made.push(key)
      bulkhead.leave(key)
    }
    if (bulkhead.enter(key, priority)) make()
    else bulkhead.wait(key, priority, make)
  }
  return { clock, bucket, bulkhead, made, call }
}

function takeAll(bucket: TokenBucket, priority: Priority): number {
  let taken = 0
  while (bucket.take(priority)) taken += 1
  return taken
}

describe('a token bucket', () => {
  it('gives the burst at once, of which people alone get the last quarter, and then so many a second', async () => {
    const { clock, bucket } = scene({ perSecond: 10, burst: 8 })
    expect([takeAll(bucket, resync), takeAll(bucket, user)]).toEqual([6, 2])
    await clock.advance(1000)
    expect([takeAll(bucket, drift), takeAll(bucket, user)]).toEqual([6, 2])
    await clock.advance(500)
    expect([takeAll(bucket, drift), takeAll(bucket, user)]).toEqual([3, 2])
  })

  it('lets the loop have the one token of a burst of one', async () => {
    const { clock, bucket } = scene({ perSecond: 0.5 })
    expect(takeAll(bucket, resync)).toBe(1)
    await clock.advance(1999)
    expect(takeAll(bucket, resync)).toBe(0)
    await clock.advance(1)
    expect(takeAll(bucket, resync)).toBe(1)
  })
})

describe('a part with a rate', () => {
  it('makes no more calls of the loop than the rate allows, in any second', async () => {
    const { clock, made, call } = scene({ perSecond: 5, burst: 5 })
    for (let place = 0; place < 100; place += 1) call(`n/${place}`)
    const bySecond: number[] = []
    for (let second = 0; second < 5; second += 1) {
      const before = second === 0 ? 0 : made.length
      await clock.advance(1000)
      bySecond.push(made.length - before)
    }
    expect(bySecond).toEqual([9, 5, 5, 5, 5])
    expect(made).toEqual(Array.from({ length: 29 }, (_, place) => `n/${place}`))
  })

  it('makes a person’s call at once although a thousand looks wait for their tokens', async () => {
    const { clock, made, call } = scene({ perSecond: 5, burst: 5 })
    for (let place = 0; place < 1000; place += 1) call(`n/${place}`, resync)
    await clock.advance(10_000)
    const before = made.length
    call('person/a', user)
    expect(made.slice(before)).toEqual(['person/a'])
  })

  it('makes people’s calls first when all of them wait for tokens', async () => {
    const { clock, made, call } = scene({ perSecond: 1, burst: 1 })
    for (const key of ['n/0', 'n/1', 'n/2'] as const) call(key, resync)
    for (const key of ['person/a', 'person/b'] as const) call(key, user)
    await clock.advance(5000)
    expect(made).toEqual(['n/0', 'person/a', 'person/b', 'n/1', 'n/2'])
  })

  it('lets a person pass one whose turn it is but who has no token yet', async () => {
    const { clock, made, call } = scene({ perSecond: 1, burst: 4 })
    for (let place = 0; place < 20; place += 1) call(`n/${place}`, resync)
    for (let place = 0; place < 12; place += 1) call(`person/${place}`, user)
    await clock.advance(11_000)
    expect(made.filter((key) => key.startsWith('person'))).toHaveLength(12)
  })

  it('makes the calls that people wait for at once, and lets the loop wait longer for them', async () => {
    const { clock, parts } = guardScene(4, { targets: { prod: { perSecond: 1, burst: 2 } } })
    const part = parts.guard('target', 'prod')
    const call = (key?: Key) => part.call({ verb: 'observe', limitMs: 60_000, key, run: async () => 'seen' })
    expect(await settled(Promise.all(Array.from({ length: 5 }, () => call())))).toBe(false)
    await clock.advance(0)
    const looked = call('n/a')
    await clock.advance(3900)
    expect(await settled(looked)).toBe(false)
    await clock.advance(200)
    expect(await looked).toBe('seen')
  })

  it('counts an effect once that waited for its room, and not at all when it was not sent', async () => {
    const { clock, parts } = guardScene(4, { targets: { prod: { perSecond: 1, burst: 4 } } })
    const part = parts.guard('target', 'prod')
    const call = (key: Key) => part.call({ verb: 'apply', limitMs: 60_000, key, run: async () => 'sent' })
    part.rooms?.take('n/a')
    await call('n/a')
    part.rooms?.ended('n/a')
    part.rooms?.take('n/b')
    part.rooms?.ended('n/b')
    await call('n/c')
    await call('n/d')
    const waits = call('n/e')
    await clock.advance(900)
    expect(await settled(waits)).toBe(false)
    await clock.advance(200)
    expect(await waits).toBe('sent')
    parts.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('limits only the part that is named', async () => {
    const { parts } = guardScene(4, { targets: { prod: { perSecond: 1 } } })
    const other = parts.guard('registry', 'prod')
    const call = (key: Key) => other.call({ verb: 'resolve', limitMs: 60_000, key, run: async () => 'v' })
    await Promise.all(Array.from({ length: 50 }, (_, place) => call(`n/${place}`)))
  })
})
