import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DelayHeap } from '../../../src/reconcile/delay-heap.ts'
import type { QueueItem } from '../../../src/reconcile/queue-item.ts'

function item(key: number, readyAtMs: number): QueueItem<number> {
  return {
    key,
    state: 'delayed',
    priority: 1,
    nextPriority: 1,
    readyAtMs,
    first: false,
    place: 0,
    before: undefined,
    after: undefined,
  }
}

const times = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 80 })
/** Changes to items by index: an item leaves, or becomes due sooner by `soonerMs`. */
const changes = fc.array(
  fc.record({ index: fc.nat(79), soonerMs: fc.option(fc.integer({ min: 1, max: 500 })) }),
  { maxLength: 60 },
)

describe('the heap of delayed keys', () => {
  it('keeps its order when the last item takes the place of one in another branch', () => {
    const heap = new DelayHeap<number>()
    const items = [0, 10, 1, 20, 21, 2, 3, 30, 31, 32, 33, 4, 5, 6, 7].map((readyAtMs) =>
      item(readyAtMs, readyAtMs),
    )
    for (const each of items) heap.push(each)
    for (const each of items) if (each.key === 20) heap.remove(each)
    const given: number[] = []
    for (let first = heap.first; first !== undefined; first = heap.first) {
      heap.remove(first)
      given.push(first.key)
    }
    expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 10, 21, 30, 31, 32, 33])
  })

  it('gives the soonest key first, even after keys leave or become due sooner', () => {
    fc.assert(
      fc.property(times, changes, (all, changed) => {
        const heap = new DelayHeap<number>()
        const items = all.map((readyAtMs, key) => item(key, readyAtMs))
        for (const each of items) heap.push(each)
        const inside = new Set(items)
        for (const { index, soonerMs } of changed) {
          const each = items[index]
          if (each === undefined || !inside.has(each)) continue
          if (soonerMs === null) {
            heap.remove(each)
            inside.delete(each)
          } else {
            each.readyAtMs -= soonerMs
            heap.sooner(each)
          }
        }
        expect(heap.size).toBe(inside.size)
        const given: number[] = []
        for (let first = heap.first; first !== undefined; first = heap.first) {
          expect(inside.delete(first)).toBe(true)
          heap.remove(first)
          given.push(first.readyAtMs)
        }
        expect(given).toEqual([...given].sort((left, right) => left - right))
        expect([heap.size, inside.size]).toEqual([0, 0])
      }),
      { numRuns: 300 },
    )
  })
})
