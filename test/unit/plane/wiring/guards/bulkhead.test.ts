import { describe, expect, it } from 'vitest'
import { Bulkhead } from '../../../../../src/plane/wiring/guards/bulkhead.ts'
import { priorities } from '../../../../../src/reconcile/priority.ts'

const { user, drift, resync } = priorities

function scene(most = 2) {
  const called: string[] = []
  const scene = { leads: true }
  const bulkhead = new Bulkhead(most, (key) => scene.leads && called.push(key) > 0)
  /** A run that is refused and ends. */
  const refused = (key: `${string}/${string}`, priority: 0 | 1 | 2 = drift): void => {
    expect(bulkhead.enter(key, priority)).toBe(false)
    bulkhead.ended(key)
  }
  return { called, bulkhead, refused, scene }
}

describe('a bulkhead', () => {
  it('lets in so many deployments, each with any number of calls', () => {
    const { bulkhead } = scene()
    expect(bulkhead.enter('a/a', drift)).toBe(true)
    expect(bulkhead.enter('a/a', drift)).toBe(true)
    expect(bulkhead.enter('a/b', drift)).toBe(true)
    expect(bulkhead.enter('a/c', drift)).toBe(false)
    bulkhead.leave('a/a')
    expect(bulkhead.enter('a/c', drift)).toBe(false)
    bulkhead.leave('a/a')
    expect(bulkhead.enter('a/c', drift)).toBe(true)
  })

  it('lets a run that was in come again, at most twice the number, until it ends', () => {
    const { bulkhead } = scene(1)
    for (const key of ['a/a', 'a/b', 'a/c'] as const) {
      expect(bulkhead.enter(key, drift)).toBe(true)
      bulkhead.leave(key)
    }
    expect([bulkhead.enter('a/a', drift), bulkhead.enter('a/b', drift)]).toEqual([true, true])
    expect(bulkhead.enter('a/c', drift)).toBe(false)
    bulkhead.leave('a/a')
    bulkhead.ended('a/a')
    expect(bulkhead.enter('a/a', drift)).toBe(false)
  })

  it('calls one back for each place that becomes free: a person’s first, then in order', () => {
    const { bulkhead, refused, called } = scene(1)
    bulkhead.enter('a/in', drift)
    refused('a/resync', resync)
    refused('a/first')
    refused('a/second')
    refused('a/user', user)
    const order = ['a/user', 'a/first', 'a/second', 'a/resync'] as const
    bulkhead.leave('a/in')
    for (const [place, key] of order.entries()) {
      expect(called).toEqual(order.slice(0, place + 1))
      expect(bulkhead.enter(key, drift)).toBe(true)
      bulkhead.leave(key)
    }
    expect(called).toEqual(order)
  })

  it('keeps the place for the one that was called back', () => {
    const { bulkhead, refused, called } = scene(1)
    bulkhead.enter('a/in', drift)
    refused('a/waits')
    bulkhead.leave('a/in')
    refused('a/quick', user)
    expect(bulkhead.enter('a/waits', drift)).toBe(true)
    bulkhead.leave('a/waits')
    expect(called).toEqual(['a/waits', 'a/quick'])
  })

  it('passes the place on when the one that was called back does not need it or is gone', () => {
    const { bulkhead, refused, called } = scene(1)
    bulkhead.enter('a/in', drift)
    for (const key of ['a/a', 'a/b', 'a/c'] as const) refused(key)
    bulkhead.leave('a/in')
    bulkhead.ended('a/a')
    expect(called).toEqual(['a/a', 'a/b'])
    bulkhead.forget('a/b')
    expect(called).toEqual(['a/a', 'a/b', 'a/c'])
    bulkhead.forget('a/c')
    bulkhead.forget('a/unknown')
    expect(bulkhead.enter('a/d', drift)).toBe(true)
  })

  it('keeps the place of a deployment that comes again before it is called', () => {
    const { bulkhead, called, refused } = scene(1)
    bulkhead.enter('a/in', drift)
    refused('a/first')
    refused('a/second')
    refused('a/first')
    bulkhead.leave('a/in')
    expect(called).toEqual(['a/first'])
  })

  it('calls nobody back whose run still goes on', () => {
    const { bulkhead, called } = scene(1)
    bulkhead.enter('a/in', drift)
    expect(bulkhead.enter('a/busy', drift)).toBe(false)
    bulkhead.leave('a/in')
    expect(called).toEqual([])
    bulkhead.ended('a/busy')
    expect(called).toEqual(['a/busy'])
  })

  it('serves a thousand deployments, never more than its places at a time', () => {
    const inside = new Set<string>()
    const waiting: `${string}/${string}`[] = Array.from({ length: 1000 }, (_, place) => `n/${place}` as const)
    const bulkhead = new Bulkhead(4, (key) => waiting.push(key) > 0)
    let served = 0
    while (waiting.length > 0 || inside.size > 0) {
      const key = waiting.shift()
      if (key === undefined || inside.size >= 4) {
        const [done] = inside
        inside.delete(done ?? '')
        bulkhead.leave(done as 'n/0')
        served += 1
      }
      if (key === undefined) continue
      if (bulkhead.enter(key, drift)) inside.add(key)
      bulkhead.ended(key)
      expect(inside.size).toBeLessThanOrEqual(4)
    }
    expect(served).toBe(1000)
  })

  it('keeps no room for those called back while nobody leads', () => {
    const { bulkhead, refused, called, scene: leader } = scene(1)
    bulkhead.enter('a/a', drift)
    refused('a/b')
    refused('a/c')
    bulkhead.leave('a/a')
    expect(called).toEqual(['a/b'])
    expect(bulkhead.enter('a/d', drift)).toBe(false)
    leader.leads = false
    bulkhead.nobodyComes()
    bulkhead.ended('a/d')
    expect(bulkhead.enter('a/d', drift)).toBe(true)
    refused('a/e')
    bulkhead.leave('a/d')
    bulkhead.ended('a/d')
    expect(bulkhead.enter('a/f', drift)).toBe(true)
    expect(called).toEqual(['a/b'])
  })
})
