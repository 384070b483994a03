import { systemClock } from '../src/clock.ts'
import { createQueue } from '../src/reconcile/queue.ts'
import { type BenchResult, median } from './bench.ts'

const keyCount = 10_000
const warmUp = 10
const rounds = 61

const keys = Array.from({ length: keyCount }, (_, index) => `default/deployment-${index}`)

/**
 * Measures the cost of passing a key through the queue. It is compared with the simplest code that drops
 * duplicates: a Set with an array that is read by index, without waiting. Both are filled with all keys and
 * then emptied. A third loop waits for a promise at each key, as every worker must do. It shows which part of
 * the cost is the promise.
 */
export async function run(): Promise<BenchResult> {
  const costs: { readonly bare: number; readonly waiting: number; readonly queue: number }[] = []
  for (let round = 0; round < warmUp + rounds; round += 1) {
    const bare = await nanosPerKey(throughSet)
    const queue = await nanosPerKey(throughQueue)
    const waiting = await nanosPerKey(throughSetWithPromises)
    if (round >= warmUp) costs.push({ bare, waiting, queue })
  }
  const of = (cost: (each: (typeof costs)[number]) => number): number => median(costs.map(cost))
  return {
    name: 'queue',
    rows: [
      {
        what: 'add, get, done, compared with a plain Set and array',
        value: of(({ queue, bare }) => queue / bare),
        unit: '×',
        aim: { atMost: 5 },
      },
      {
        what: 'the same, with a promise for each key',
        value: of(({ queue, waiting }) => queue / waiting),
        unit: '×',
      },
      { what: 'add, get, done', value: of(({ queue }) => queue), unit: 'ns' },
    ],
  }
}

async function nanosPerKey(work: () => Promise<number>): Promise<number> {
  const started = process.hrtime.bigint()
  const done = await work()
  const nanos = Number(process.hrtime.bigint() - started)
  if (done !== keyCount) throw new Error(`${done} of ${keyCount} keys came through`)
  return nanos / keyCount
}

async function throughQueue(): Promise<number> {
  const queue = createQueue({ clock: systemClock })
  for (const key of keys) queue.add(key)
  let done = 0
  while (queue.size > 0) {
    const key = await queue.get()
    if (key === undefined) break
    queue.done(key)
    done += 1
  }
  return done
}

function filled(): { readonly waiting: Set<string>; readonly order: readonly string[] } {
  const waiting = new Set<string>()
  const order: string[] = []
  for (const key of keys) {
    if (waiting.has(key)) continue
    waiting.add(key)
    order.push(key)
  }
  return { waiting, order }
}

async function throughSet(): Promise<number> {
  const { waiting, order } = filled()
  let done = 0
  for (const key of order) if (waiting.delete(key)) done += 1
  return done
}

async function throughSetWithPromises(): Promise<number> {
  const { waiting, order } = filled()
  let done = 0
  for (const key of order) if (waiting.delete(await Promise.resolve(key))) done += 1
  return done
}
