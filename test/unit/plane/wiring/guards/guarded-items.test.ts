import { describe, expect, it } from 'vitest'
import { itemsInTime, itemsUntil } from '../../../../../src/plane/wiring/guards/guarded-items.ts'
import { guardScene, outcome } from './guard-scene.ts'

async function* numbers(upTo: number, ended: () => void = () => {}): AsyncIterable<number> {
  try {
    for (let item = 1; item <= upTo; item += 1) yield item
  } finally {
    ended()
  }
}

async function* hangingAfter(...items: readonly number[]): AsyncIterable<number> {
  yield* items
  await new Promise(() => {})
}

async function all(items: AsyncIterable<number>, most = 100): Promise<number[]> {
  const seen: number[] = []
  for await (const item of items) {
    seen.push(item)
    if (seen.length === most) break
  }
  return seen
}

describe('a guarded list', () => {
  function scene() {
    const { clock, parts } = guardScene()
    const part = parts.guard('store')
    const next = <Answer>(run: () => Promise<Answer>): Promise<Answer> =>
      part.call({ verb: 'list', limitMs: 5000, run })
    return { clock, next }
  }

  it('gives all items, and ends the source when the reader leaves early', async () => {
    const { next } = scene()
    let ended = 0
    const source = (): AsyncIterable<number> => numbers(5, () => (ended += 1))
    expect(await all(itemsInTime(source, next))).toEqual([1, 2, 3, 4, 5])
    expect(ended).toBe(1)
    expect(await all(itemsInTime(source, next), 2)).toEqual([1, 2])
    expect(ended).toBe(2)
  })

  it('has a limit between two items, not for the whole', async () => {
    const { next, clock } = scene()
    const slow = async function* (): AsyncIterable<number> {
      for (let item = 1; item <= 3; item += 1) {
        await new Promise<void>((resolve) => clock.schedule(4000, resolve))
        yield item
      }
    }
    const slowly = all(itemsInTime(slow, next))
    await clock.advance(12_000)
    expect(await slowly).toEqual([1, 2, 3])
    const seen: number[] = []
    const hung = outcome(
      (async () => {
        for await (const item of itemsInTime(() => hangingAfter(1, 2), next)) seen.push(item)
      })(),
    )
    await clock.advance(5000)
    expect(await hung).toBe('store-unavailable: the store gave no answer to list within 5 s')
    expect(seen).toEqual([1, 2])
  })

  it('passes the error of its source on', async () => {
    const { next } = scene()
    const broken = async function* (): AsyncIterable<number> {
      yield 1
      throw new Error('torn')
    }
    await expect(all(itemsInTime(broken, next))).rejects.toThrow('torn')
  })
})

describe('a guarded watch', () => {
  it('gives all items without a limit of time, and ends with its source', async () => {
    expect(await all(itemsUntil(() => numbers(3), new AbortController().signal))).toEqual([1, 2, 3])
  })

  it('ends at the abort although its source does not', async () => {
    const abort = new AbortController()
    const seen = all(itemsUntil(() => hangingAfter(1, 2), abort.signal))
    await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    expect(await seen).toEqual([1, 2])
    expect(await all(itemsUntil(() => hangingAfter(1), abort.signal))).toEqual([])
  })

  it('ends its source when the reader leaves, and passes errors on', async () => {
    let ended = 0
    const { signal } = new AbortController()
    expect(
      await all(
        itemsUntil(() => numbers(5, () => (ended += 1)), signal),
        1,
      ),
    ).toEqual([1])
    expect(ended).toBe(1)
    const broken = async function* (): AsyncIterable<number> {
      yield 1
      throw new Error('torn')
    }
    await expect(all(itemsUntil(broken, signal))).rejects.toThrow('torn')
  })
})
