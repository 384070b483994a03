import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../../../src/clock.ts'
import { Bulkhead } from '../../../../../../src/plane/wiring/guards/room/bulkhead.ts'
import { priorities } from '../../../../../../src/reconcile/priority.ts'
import type { Key } from '../../../../../../src/resources/metadata.ts'

const { user, drift, resync } = priorities

function scene(most = 2) {
  const bulkhead = new Bulkhead(most)
  /** The deployments that were let in from the line, in order. */
  const admitted: Key[] = []
  const wait = (key: Key, priority: 0 | 1 | 2 = drift): (() => void) => {
    expect(bulkhead.enter(key)).toBe(false)
    return bulkhead.wait(key, priority, () => void admitted.push(key))
  }
  return { bulkhead, admitted, wait }
}

describe('a bulkhead', () => {
  it('lets in so many deployments, each with any number of calls', () => {
    const { bulkhead } = scene()
    expect(bulkhead.enter('a/a')).toBe(true)
    expect(bulkhead.enter('a/a')).toBe(true)
    expect(bulkhead.enter('a/b')).toBe(true)
    expect(bulkhead.enter('a/c')).toBe(false)
    bulkhead.leave('a/a')
    expect(bulkhead.enter('a/c')).toBe(false)
    bulkhead.leave('a/a')
    expect(bulkhead.enter('a/c')).toBe(true)
  })

  it('lets one in for each place that becomes free: a person’s change first, then in order', () => {
    const { bulkhead, wait, admitted } = scene(1)
    bulkhead.enter('a/in')
    wait('a/resync', resync)
    wait('a/first')
    wait('a/second')
    wait('a/user', user)
    const order = ['a/user', 'a/first', 'a/second', 'a/resync'] as const
    bulkhead.leave('a/in')
    for (const [place, key] of order.entries()) {
      expect(admitted).toEqual(order.slice(0, place + 1))
      bulkhead.leave(key)
    }
    expect(admitted).toEqual(order)
    expect(bulkhead.enter('a/new')).toBe(true)
  })

  it('moves a deployment up that becomes more urgent while it waits', () => {
    const { bulkhead, wait, admitted } = scene(1)
    bulkhead.enter('a/in')
    for (const key of ['a/a', 'a/b', 'a/c'] as const) wait(key)
    bulkhead.raise('a/c', user)
    bulkhead.raise('a/b', resync)
    bulkhead.raise('a/unknown', user)
    for (const key of ['a/in', 'a/c', 'a/a'] as const) bulkhead.leave(key)
    expect(admitted).toEqual(['a/c', 'a/a', 'a/b'])
  })

  it('lets a resync in now and then while people’s changes come without end', async () => {
    const { bulkhead, wait, admitted } = scene(1)
    bulkhead.enter('a/in')
    for (const place of [0, 1, 2]) wait(`resync/${place}`, resync)
    for (let place = 0; place < 30; place += 1) wait(`user/${place}`, user)
    bulkhead.leave('a/in')
    for (let place = 0; place < 18; place += 1) {
      bulkhead.leave(admitted[place] ?? 'none/none')
      await nextTurn()
    }
    const places = admitted.flatMap((key, place) => (key.startsWith('resync') ? [place] : []))
    expect(places).toEqual([8, 17])
  })

  it('lets all calls of a deployment in together, at the place of the first or of the most urgent', () => {
    const { bulkhead, wait, admitted } = scene(1)
    bulkhead.enter('a/in')
    wait('a/both')
    wait('a/one')
    wait('a/both', resync)
    wait('a/late')
    wait('a/late', user)
    bulkhead.leave('a/in')
    expect(admitted).toEqual(['a/late', 'a/late'])
    bulkhead.leave('a/late')
    expect(bulkhead.enter('a/x')).toBe(false)
    bulkhead.leave('a/late')
    expect(admitted.slice(2)).toEqual(['a/both', 'a/both'])
    bulkhead.leave('a/both')
    bulkhead.leave('a/both')
    expect(admitted.slice(4)).toEqual(['a/one'])
  })

  it('lets nobody in who has left the line', () => {
    const { bulkhead, wait, admitted } = scene(1)
    bulkhead.enter('a/in')
    const leave = wait('a/a')
    const leaveOne = wait('a/b')
    wait('a/b')
    leave()
    leave()
    leaveOne()
    bulkhead.leave('a/in')
    expect(admitted).toEqual(['a/b'])
    bulkhead.leave('a/b')
    leaveOne()
    expect(bulkhead.enter('a/c')).toBe(true)
    wait('a/a')
    leave()
    bulkhead.leave('a/c')
    expect(admitted).toEqual(['a/b', 'a/a'])
  })

  it('gives the place on when those let in leave at once, a few in each turn, however many they are', async () => {
    const { bulkhead, admitted } = scene(1)
    bulkhead.enter('a/in')
    for (let place = 0; place < 8000; place += 1) {
      const key: Key = `n/${place}`
      bulkhead.wait(key, drift, () => {
        admitted.push(key)
        bulkhead.leave(key)
      })
    }
    bulkhead.leave('a/in')
    expect(admitted).toHaveLength(32)
    for (let turn = 2; turn <= 250; turn += 1) {
      await nextTurn()
      expect(admitted).toHaveLength(32 * turn)
    }
    expect(bulkhead.enter('a/b')).toBe(true)
  })

  it('serves a thousand deployments, never more than its places at a time', async () => {
    const bulkhead = new Bulkhead(4)
    const inside: Key[] = []
    let most = 0
    for (let place = 0; place < 1000; place += 1) {
      const key: Key = `n/${place}`
      if (bulkhead.enter(key)) inside.push(key)
      else bulkhead.wait(key, drift, () => void inside.push(key))
    }
    let served = 0
    for (let key = inside.shift(); key !== undefined; key = inside.shift()) {
      most = Math.max(most, inside.length + 1)
      served += 1
      bulkhead.leave(key)
      await nextTurn()
    }
    expect([served, most]).toEqual([1000, 4])
  })
})
