import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../src/reconcile/priority.ts'
import { createQueue, type Queue } from '../../../src/reconcile/queue.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'

interface Wanted {
  priority: Priority
  readyAtMs: number
}

/** The expected state of the keys, kept as simply as possible. */
interface Model {
  nowMs: number
  /** How many keys were given out. */
  given: number
  readonly waiting: Map<string, Wanted>
  readonly working: Map<string, Wanted | null>
}

interface Real {
  readonly clock: FakeClock
  readonly queue: Queue
}

type Command = fc.AsyncCommand<Model, Real>

function command(text: string, run: Command['run'], check: Command['check'] = () => true): Command {
  return { run, check, toString: () => text }
}

function merged(known: Wanted | null | undefined, next: Wanted): Wanted {
  if (known === null || known === undefined) return next
  return {
    priority: Math.max(known.priority, next.priority) as Priority,
    readyAtMs: Math.min(known.readyAtMs, next.readyAtMs),
  }
}

/**
 * The keys that may come next. Another test checks the order within one priority. After eight others, a key of
 * lower priority may come.
 */
function nextKeys(model: Model): string[] {
  const ready = [...model.waiting].filter(([, { readyAtMs }]) => readyAtMs <= model.nowMs)
  const highest = Math.max(...ready.map(([, { priority }]) => priority))
  return ready.filter(([, { priority }]) => priority === highest || model.given >= 8).map(([key]) => key)
}

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e')

const adds = fc
  .record({
    key: keys,
    priority: fc.constantFrom<Priority[]>(0, 1, 2),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  })
  .map(({ key, priority, afterMs }) =>
    command(`add(${key}, ${priority}, ${afterMs})`, async (model, { queue }) => {
      queue.add(key, { priority, afterMs })
      const next = { priority, readyAtMs: afterMs === 0 ? 0 : model.nowMs + afterMs }
      if (model.working.has(key)) model.working.set(key, merged(model.working.get(key), next))
      else model.waiting.set(key, merged(model.waiting.get(key), next))
    }),
  )

const gets = fc.constant(
  command('get()', async (model, { queue }) => {
    const possible = nextKeys(model)
    const leaving = new AbortController()
    const got = queue.get(leaving.signal)
    leaving.abort()
    const key = await got
    if (possible.length === 0) return expect(key).toBeUndefined()
    expect(possible).toContain(key)
    model.given += 1
    model.waiting.delete(key ?? '')
    expect(model.working.has(key ?? '')).toBe(false)
    model.working.set(key ?? '', null)
  }),
)

const takes = keys.map((key) =>
  command(`take(${key})`, async (model, { queue }) => {
    expect(queue.take(key)).toBe(!model.working.has(key))
    model.waiting.delete(key)
    if (!model.working.has(key)) model.working.set(key, null)
  }),
)

const dones = keys.map((key) =>
  command(
    `done(${key})`,
    async (model, { queue }) => {
      queue.done(key)
      const again = model.working.get(key)
      model.working.delete(key)
      if (again !== null && again !== undefined) model.waiting.set(key, again)
    },
    (model) => model.working.has(key),
  ),
)

const waits = fc.integer({ min: 1, max: 30 }).map((ms) =>
  command(`advance(${ms})`, async (model, { clock }) => {
    await clock.advance(ms)
    model.nowMs += ms
  }),
)

function agrees(model: Model, { queue }: Real): void {
  const ready = [...model.waiting.values()].filter(({ readyAtMs }) => readyAtMs <= model.nowMs).length
  expect({ ready: queue.size, delayed: queue.delayed, working: queue.working }).toEqual({
    ready,
    delayed: model.waiting.size - ready,
    working: model.working.size,
  })
}

describe('any order of adds, gets, takes and dones', () => {
  it('loses no key, never gives a key out twice at a time, and obeys priority and time', async () => {
    const commands = fc.commands([adds, adds, gets, takes, dones, waits], { maxCommands: 60 })
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const clock = createFakeClock()
        const real = { clock, queue: createQueue({ clock }) }
        const model: Model = { nowMs: 0, given: 0, waiting: new Map(), working: new Map() }
        const checked = [...sequence].map((each) =>
          command(
            String(each),
            async (current, subject) => {
              await each.run(current, subject)
              agrees(current, subject)
            },
            (current) => each.check(current),
          ),
        )
        await fc.asyncModelRun(() => ({ model, real }), checked)
        for (const key of model.working.keys()) real.queue.done(key)
        await clock.advance(100)
        const left = new Set([...model.waiting.keys()])
        for (const [key, again] of model.working) if (again !== null) left.add(key)
        expect(real.queue.size).toBe(left.size)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps the order of adds among keys of one priority', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(keys), async (added) => {
        const queue = createQueue({ clock: createFakeClock() })
        for (const key of added) queue.add(key)
        const got: (string | undefined)[] = []
        while (queue.size > 0) got.push(await queue.get())
        expect(got).toEqual([...new Set(added)])
      }),
    )
  })
})

describe('several workers', () => {
  it('never work on one key at the same time, and run each key again after its last add', async () => {
    const step = fc.record({ key: keys, gapMs: fc.integer({ min: 0, max: 8 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.integer({ min: 1, max: 4 }), async (steps, workers) => {
        const clock = createFakeClock()
        const queue = createQueue({ clock })
        const busy = new Set<string>()
        const lastStart = new Map<string, number>()
        const lastAdd = new Map<string, number>()
        let tick = 0
        const work = async (): Promise<void> => {
          for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
            expect(busy.has(key)).toBe(false)
            busy.add(key)
            tick += 1
            lastStart.set(key, tick)
            await new Promise<void>((resolve) => clock.schedule(clock.random() * 10, resolve))
            busy.delete(key)
            queue.done(key)
          }
        }
        const working = Array.from({ length: workers }, work)
        for (const { key, gapMs } of steps) {
          tick += 1
          lastAdd.set(key, tick)
          queue.add(key)
          await clock.advance(gapMs)
        }
        await clock.advance(20 * (steps.length + 1))
        for (const [key, added] of lastAdd) expect(lastStart.get(key)).toBeGreaterThan(added)
        queue.close()
        await Promise.all(working)
      }),
      { numRuns: 60 },
    )
  })
})
