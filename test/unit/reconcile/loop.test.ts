import { describe, expect, it } from 'vitest'
import { nextTurn, sleep } from '../../../src/clock.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { createBackoff } from '../../../src/reconcile/backoff.ts'
import { createLoop, type FinishedRun, type Loop, type LoopOptions } from '../../../src/reconcile/loop.ts'
import { priorities } from '../../../src/reconcile/priority.ts'
import { createQueue, type Queue } from '../../../src/reconcile/queue.ts'
import type { Result } from '../../../src/reconcile/result.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'

interface Bench {
  readonly clock: FakeClock
  readonly queue: Queue
  readonly loop: Loop
  readonly runs: FinishedRun<string>[]
  readonly failures: (key: string) => number
}

const done: Result = { kind: 'done' }

/** The wait after each failure is its whole ceiling: 5, 10, 20 … ms. */
function setUp(
  reconcile: LoopOptions<string>['reconcile'],
  options: Partial<LoopOptions<string>> = {},
): Bench {
  const clock = createFakeClock()
  const queue = createQueue({ clock })
  const backoff = createBackoff({ clock: { ...clock, random: () => 1 } })
  const runs: FinishedRun<string>[] = []
  const onResult = (run: FinishedRun<string>): void => void runs.push(run)
  const loop = createLoop({ queue, reconcile, backoff, clock, onResult, ...options })
  return { clock, queue, loop, runs, failures: (key) => backoff.failures(key) }
}

describe('the loop', () => {
  it('reconciles the added keys in the order of the queue', async () => {
    const seen: string[] = []
    const { queue, loop, clock } = setUp(
      async (key) => {
        seen.push(key)
        return done
      },
      { concurrency: 1 },
    )
    queue.add('drift')
    queue.add('user', { priority: priorities.user })
    loop.start()
    loop.start()
    await clock.advance(0)
    queue.add('late')
    await clock.advance(0)
    expect(seen).toEqual(['user', 'drift', 'late'])
  })

  it('fires the signal of a run that has ended, which was not interrupted', async () => {
    const signals: AbortSignal[] = []
    const { queue, loop, clock, runs } = setUp(async (_key, { abortSignal }) => {
      signals.push(abortSignal)
      expect(abortSignal.aborted).toBe(false)
      return { kind: 'retry', cause: new Error('not yet') }
    })
    queue.add('a')
    loop.start()
    await clock.advance(0)
    expect(signals).toMatchObject([
      { aborted: true, reason: { code: 'aborted', message: 'the run is over' } },
    ])
    expect(runs).toMatchObject([{ key: 'a', againInMs: 5 }])
  })

  it('works on `concurrency` keys at a time, and never twice on one key at a time', async () => {
    let most = 0
    const busy = new Set<string>()
    const { queue, loop, clock, runs } = setUp(
      async (key, { abortSignal }) => {
        expect(busy.has(key)).toBe(false)
        busy.add(key)
        most = Math.max(most, busy.size)
        await sleep(clock, 10, abortSignal)
        busy.delete(key)
        return done
      },
      { concurrency: 3 },
    )
    loop.start()
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) queue.add(key)
    await clock.advance(5)
    for (const key of ['a', 'b']) queue.add(key)
    await clock.advance(50)
    expect(most).toBe(3)
    expect(runs.map(({ key }) => key).sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'd', 'e', 'f', 'g'])
  })

  it('comes back to a key at the requested priority', async () => {
    const seen: string[] = []
    const { queue, loop, clock } = setUp(
      async (key) => {
        seen.push(key)
        if (seen.length > 3) return done
        const again = { kind: 'requeue', afterMs: 10 } as const
        if (key === 'resync') return { ...again, priority: priorities.resync }
        return key === 'user' ? { ...again, priority: priorities.user } : again
      },
      { concurrency: 1 },
    )
    for (const key of ['resync', 'plain', 'user']) queue.add(key)
    loop.start()
    await clock.advance(10)
    expect(seen).toEqual(['resync', 'plain', 'user', 'user', 'plain', 'resync'])
  })

  it('keeps the priority of a person’s change that failed or goes on at once', async () => {
    const seen: string[] = []
    const { queue, loop, clock } = setUp(
      async (key) => {
        const again = !seen.includes(key)
        seen.push(key)
        if (!again) return done
        return key.endsWith('fails')
          ? { kind: 'retry', cause: new Error('busy') }
          : { kind: 'requeue', afterMs: 0 }
      },
      { concurrency: 1 },
    )
    for (const key of ['plain-on', 'plain-fails']) queue.add(key)
    for (const key of ['user-on', 'user-fails']) queue.add(key, { priority: priorities.user })
    loop.start()
    await clock.advance(0)
    expect(seen.slice(0, 4)).toEqual(['user-on', 'user-fails', 'user-on', 'plain-on'])
    for (let place = 0; place < 3; place += 1) queue.add(`other-${place}`)
    await loop.stop()
    await clock.advance(5)
    seen.length = 0
    loop.start()
    await clock.advance(0)
    expect(seen[0]).toBe('user-fails')
  })

  it('comes back to a key after the requested time', async () => {
    const times: number[] = []
    const { queue, loop, clock, runs } = setUp(async () => {
      times.push(clock.monotonic())
      return times.length < 3 ? { kind: 'requeue', afterMs: 100 } : done
    })
    loop.start()
    queue.add('a')
    await clock.advance(1000)
    expect(times).toEqual([0, 100, 200])
    expect(runs.map(({ againInMs }) => againInMs)).toEqual([100, 100, undefined])
  })

  it('comes back to a key sooner when the key is added again', async () => {
    const times: number[] = []
    const { queue, loop, clock } = setUp(async () => {
      times.push(clock.monotonic())
      return { kind: 'requeue', afterMs: 100 }
    })
    loop.start()
    queue.add('a')
    await clock.advance(30)
    queue.add('a', { priority: priorities.user })
    await clock.advance(110)
    expect(times).toEqual([0, 30, 130])
  })

  it('runs a key again when the key was added during its run', async () => {
    const times: number[] = []
    const { queue, loop, clock } = setUp(async (_key, { abortSignal }) => {
      times.push(clock.monotonic())
      await sleep(clock, 20, abortSignal)
      return { kind: 'requeue', afterMs: 1000 }
    })
    loop.start()
    queue.add('a')
    await clock.advance(10)
    queue.add('a')
    await clock.advance(500)
    expect(times).toEqual([0, 20])
  })

  it('tries again after growing waits, and forgets the failures after a run without failure', async () => {
    const times: number[] = []
    const { queue, loop, clock, failures } = setUp(async () => {
      times.push(clock.monotonic())
      return times.length === 4
        ? { kind: 'requeue', afterMs: 100 }
        : { kind: 'retry', cause: new Error('no') }
    })
    loop.start()
    queue.add('a')
    await clock.advance(140)
    expect(times).toEqual([0, 5, 15, 35, 135, 140])
    expect(failures('a')).toBe(2)
  })

  it('waits for at least the retryAfterMs of an error', async () => {
    const times: number[] = []
    const { queue, loop, clock } = setUp(async () => {
      times.push(clock.monotonic())
      throw new ModelspineError('target-unavailable', 'slow down', { retryAfterMs: 700 })
    })
    loop.start()
    queue.add('a')
    await clock.advance(1400)
    expect(times).toEqual([0, 700, 1400])
  })

  it.each([
    ['retry', 'an error of any kind', new Error('broken')],
    ['retry', 'a value that is not an error', 'broken'],
    ['retry', 'a retryable ModelspineError', new ModelspineError('store-unavailable', 'away')],
    [
      'terminal',
      'a ModelspineError that is not retryable',
      new ModelspineError('model-not-found', 'no such model'),
    ],
    [
      'terminal',
      'an error with retryable: false',
      new ModelspineError('conflict', 'x', { retryable: false }),
    ],
    ['retry', 'an aborted error', new ModelspineError('aborted', 'a time limit')],
  ])('gives the result %s when the run throws %s', async (kind, _what, thrown) => {
    const { queue, loop, clock, runs, failures } = setUp(async () => {
      throw thrown
    })
    loop.start()
    queue.add('a')
    await clock.advance(0)
    expect(runs).toHaveLength(1)
    expect(runs[0]?.result).toEqual({ kind, cause: thrown })
    expect(queue.delayed).toBe(kind === 'retry' ? 1 : 0)
    expect(failures('a')).toBe(kind === 'retry' ? 1 : 0)
  })

  it('leaves a key alone after a terminal failure, until it is added again', async () => {
    const { queue, loop, clock, runs } = setUp(async () => ({
      kind: 'terminal',
      cause: new Error('refused'),
    }))
    loop.start()
    queue.add('a')
    await clock.advance(100_000)
    expect(runs).toHaveLength(1)
    queue.add('a')
    await clock.advance(0)
    expect(runs).toHaveLength(2)
  })

  it.each([
    [undefined, 'kind undefined'],
    [{ kind: 'later' }, 'kind later'],
    [{ kind: 'requeue', afterMs: Number.NaN }, 'afterMs NaN'],
    [{ kind: 'requeue', afterMs: -1 }, 'afterMs -1'],
  ])('retries after the invalid result %j', async (result, message) => {
    const { queue, loop, clock, runs } = setUp(async () => result as Result)
    loop.start()
    queue.add('a')
    await clock.advance(0)
    expect(runs[0]?.result).toMatchObject({
      kind: 'retry',
      cause: { message: expect.stringContaining(message) },
    })
    expect(queue.delayed).toBe(1)
  })

  it('logs failures, and goes on when onResult throws', async () => {
    const lines: string[] = []
    const write = (_fields: object, message: string): void => void lines.push(message)
    const { queue, loop, clock } = setUp(
      async (key) => (key === 'good' ? done : { kind: 'terminal', cause: new Error('refused') }),
      {
        logger: { debug: write, info: write, warn: write, error: write },
        onResult() {
          throw new Error('observer broke')
        },
      },
    )
    loop.start()
    queue.add('bad')
    queue.add('good')
    await clock.advance(0)
    expect(lines).toEqual([
      'reconciling bad failed; it waits for a change: refused',
      'onResult threw: observer broke',
      'onResult threw: observer broke',
    ])
    expect([queue.size, queue.working]).toEqual([0, 0])
  })

  it('reports how long each run took', async () => {
    const { queue, loop, clock, runs } = setUp(async (_key, { abortSignal }) => {
      await sleep(clock, 25, abortSignal)
      return done
    })
    loop.start()
    queue.add('a')
    await clock.advance(25)
    expect(runs).toEqual([{ key: 'a', result: done, durationMs: 25 }])
  })

  it('refuses a concurrency that is no whole number above 0', () => {
    expect(() => setUp(async () => done, { concurrency: 0 })).toThrow('concurrency is 0')
    expect(() => setUp(async () => done, { concurrency: 1.5 })).toThrow('concurrency is 1.5')
  })

  it('gives timers and sockets their turn even when a next key is always ready', async () => {
    let runs = 0
    const { queue, loop } = setUp(async (key) => {
      runs += 1
      if (runs < 1000) queue.add(key)
      return done
    })
    queue.add('a')
    loop.start()
    await new Promise((resolve) => setImmediate(resolve))
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(100)
    await loop.stop()
  })
})

describe('a run that is set aside', () => {
  /** Runs that wait until they are told to end. */
  function scene(concurrency: number) {
    const ends = new Map<string, () => void>()
    const started: string[] = []
    const bench = setUp(
      (key) => {
        started.push(key)
        return new Promise((resolve) => ends.set(key, () => resolve(done)))
      },
      { concurrency },
    )
    bench.loop.start()
    const end = async (key: string): Promise<void> => {
      ends.get(key)?.()
      ends.delete(key)
      await bench.clock.advance(0)
    }
    const add = async (...keys: string[]): Promise<void> => {
      for (const key of keys) bench.queue.add(key)
      await bench.clock.advance(0)
    }
    return { ...bench, end, add, started, running: () => [...ends.keys()].join(' ') }
  }

  it('makes room for another key, and goes on at once when its turn has come', async () => {
    const { loop, add, end, running, clock } = scene(2)
    await add('a', 'b', 'c', 'd', 'e')
    expect(running()).toBe('a b')
    const back = loop.aside('a')
    await clock.advance(0)
    expect(running()).toBe('a b c')
    back()
    back()
    await end('b')
    expect(running()).toBe('a c')
    await end('c')
    expect(running()).toBe('a d')
  })

  it('is back when the last of its waits has ended', async () => {
    const { loop, add, end, running, clock } = scene(1)
    await add('a', 'b', 'c')
    const backs = [loop.aside('a'), loop.aside('a')]
    await clock.advance(0)
    expect(running()).toBe('a b')
    backs[0]?.()
    await end('b')
    expect(running()).toBe('a c')
    backs[1]?.()
    await add('d')
    await end('c')
    expect(running()).toBe('a')
    await end('a')
    expect(running()).toBe('d')
  })

  it('leaves its place to others when it ends aside', async () => {
    const { loop, add, end, running, clock } = scene(1)
    await add('a', 'b', 'c')
    const back = loop.aside('a')
    await clock.advance(0)
    await end('a')
    back()
    expect(running()).toBe('b')
    await end('b')
    expect(running()).toBe('c')
    await add('d')
    expect(running()).toBe('c')
  })

  it('never makes room twice, and none when it took none', async () => {
    const { loop, queue, add, running, clock } = scene(1)
    loop.aside('unknown')()
    await add('a')
    const once = loop.runOnce('once')
    const back = loop.aside('once')
    await add('b')
    expect(running()).toBe('a once')
    back()
    for (let times = 0; times < 100; times += 1) loop.aside('a')()
    await clock.advance(0)
    await add('c')
    expect(running()).toBe('a once')
    expect(queue.size).toBe(2)
    void once
  })

  it('keeps the number of places over a stop and a new start', async () => {
    const { loop, queue, clock, started } = scene(1)
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    await clock.advance(0)
    const back = loop.aside('a')
    await clock.advance(0)
    expect(started).toEqual(['a', 'b'])
    const stopped = loop.stop({ drainMs: 0, graceMs: 10 })
    await clock.advance(10)
    await stopped
    back()
    loop.start()
    await clock.advance(0)
    expect(started).toHaveLength(3)
    loop.aside(started[2] ?? '')()
    await clock.advance(0)
    expect(started).toHaveLength(3)
  })
})

describe('a loop with many runs that are set aside', () => {
  /** Runs that step aside at once. The first ones hang, and `turn` ends some of the others. */
  function scene(hanging: number) {
    const counts = { begun: 0, waiting: 0 }
    const ends: (() => void)[] = []
    const bench: Bench = setUp(
      (key) => {
        counts.begun += 1
        counts.waiting += 1
        bench.loop.aside(key)
        if (counts.begun <= hanging) return new Promise(() => {})
        return new Promise((resolve) => ends.push(() => resolve(done)))
      },
      { concurrency: 4 },
    )
    const turn = async (ending: number): Promise<number> => {
      const before = counts.begun
      for (const end of ends.splice(0, ending)) end()
      counts.waiting -= ending
      await nextTurn()
      return counts.begun - before
    }
    for (let key = 0; key < 10_000; key += 1) bench.queue.add(`key-${key}`)
    bench.loop.start()
    return { counts, turn }
  }

  it('begins hardly more than end, so that what waits does not grow with the queue', async () => {
    const { counts, turn } = scene(0)
    while (counts.waiting < 64) await turn(0)
    const waiting = counts.waiting
    expect(waiting).toBeLessThanOrEqual(80)
    for (let turns = 0; turns < 200; turns += 1) expect(await turn(5)).toBeLessThanOrEqual(7)
    expect(counts.begun).toBeGreaterThan(1000)
    expect(counts.waiting).toBeLessThanOrEqual(waiting + 210)
  })

  it('still begins one in each turn while none ends', async () => {
    const { counts, turn } = scene(500)
    while (counts.begun < 200) await turn(0)
    const before = counts.begun
    for (let turns = 0; turns < 100; turns += 1) await turn(0)
    expect(counts.begun - before).toBeGreaterThanOrEqual(99)
  })
})

describe('a loop that is stopped', () => {
  it('takes no more keys and waits for running work', async () => {
    const { queue, loop, clock, runs } = setUp(
      async (_key, { abortSignal }) => {
        await sleep(clock, 100, abortSignal)
        return done
      },
      { concurrency: 1 },
    )
    loop.start()
    queue.add('a')
    queue.add('b')
    await clock.advance(10)
    let stopped = false
    const stopping = loop.stop({ drainMs: 500 }).then(() => {
      stopped = true
    })
    await clock.advance(89)
    expect(stopped).toBe(false)
    await clock.advance(1)
    await stopping
    expect(runs.map(({ key, result }) => [key, result.kind])).toEqual([['a', 'done']])
    expect([queue.size, queue.working, clock.pendingTimers]).toEqual([1, 0, 0])
  })

  it('aborts the work after the drain time, waits for its end, and runs the key after a new start', async () => {
    const ended: string[] = []
    const { queue, loop, clock, runs, failures } = setUp(async (_key, { abortSignal }) => {
      try {
        await sleep(clock, 10_000, abortSignal)
      } finally {
        await sleep(clock, 30)
        ended.push(`at ${clock.monotonic()}`)
      }
      return done
    })
    loop.start()
    queue.add('a')
    await clock.advance(0)
    const stopping = loop.stop({ drainMs: 50 }).then(() => ended.push('stopped'))
    await clock.advance(80)
    await stopping
    expect(ended).toEqual(['at 80', 'stopped'])
    expect(runs[0]).toMatchObject({ key: 'a', result: { kind: 'retry' }, againInMs: 0 })
    expect([failures('a'), queue.size]).toEqual([0, 1])
    loop.start()
    await clock.advance(10_030)
    expect(runs.map(({ result }) => result.kind)).toEqual(['retry', 'done'])
  })

  it('puts back a key that it receives at the moment of the stop', async () => {
    const { queue, loop, clock, runs } = setUp(async () => done)
    loop.start()
    await clock.advance(0)
    queue.add('a')
    const stopping = loop.stop({ drainMs: 0 })
    await stopping
    await clock.advance(0)
    expect(runs).toEqual([])
    expect([queue.size, queue.working]).toEqual([1, 0])
  })

  it('forgets a run that ignores its abort, and the late end of that run changes nothing', async () => {
    const leave: (() => void)[] = []
    const { queue, loop, clock, runs, failures } = setUp(
      () => new Promise((resolve) => leave.push(() => resolve({ kind: 'requeue', afterMs: 5 }))),
    )
    loop.start()
    queue.add('a')
    await clock.advance(0)
    const waiting = loop.runOnce('b')
    let stopped = false
    void loop.stop({ drainMs: 50, graceMs: 20 }).then(() => {
      stopped = true
    })
    await clock.advance(69)
    expect(stopped).toBe(false)
    await clock.advance(1)
    expect([stopped, queue.size, queue.working]).toEqual([true, 2, 0])
    const forgotten = { result: await waiting, durationMs: 70, againInMs: 0 }
    expect(forgotten.result).toMatchObject({ kind: 'retry', cause: { code: 'aborted' } })
    expect(runs).toMatchObject([
      { key: 'a', againInMs: 0 },
      { key: 'b', ...forgotten },
    ])
    leave.splice(0).forEach((end) => {
      end()
    })
    await clock.advance(1000)
    expect([runs.length, queue.size, queue.delayed, failures('a')]).toEqual([2, 2, 0, 0])
    loop.start()
    await clock.advance(0)
    leave.splice(0).forEach((end) => {
      end()
    })
    await clock.advance(0)
    expect(runs.slice(2).map(({ key, result }) => [key, result.kind])).toEqual([
      // A person asked for b.
      ['b', 'requeue'],
      ['a', 'requeue'],
    ])
  })

  it('stops at once when no work runs, and can be stopped several times', async () => {
    const { loop, clock } = setUp(async () => done)
    await loop.stop()
    loop.start()
    await Promise.all([loop.stop(), loop.stop()])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('runOnce', () => {
  it('reconciles one key before the loop is started, and acts on the result', async () => {
    const { queue, loop } = setUp(async () => ({ kind: 'requeue', afterMs: 100 }))
    queue.add('other')
    expect(await loop.runOnce('a')).toEqual({ kind: 'requeue', afterMs: 100 })
    expect([queue.size, queue.delayed, queue.working]).toEqual([1, 1, 0])
  })

  it('replaces a waiting add of the same key', async () => {
    const { queue, loop, runs } = setUp(async () => done)
    queue.add('a')
    await loop.runOnce('a')
    expect([queue.size, runs.length]).toEqual([0, 1])
  })

  it('waits for a running run of the same key and then runs the key again', async () => {
    const times: number[] = []
    const { queue, loop, clock } = setUp(async (_key, { abortSignal }) => {
      times.push(clock.monotonic())
      await sleep(clock, 20, abortSignal)
      return done
    })
    loop.start()
    queue.add('a')
    await clock.advance(5)
    const both = Promise.all([
      loop.runOnce('a'),
      loop.runOnce('a', { abortSignal: new AbortController().signal }),
    ])
    await clock.advance(60)
    await both
    expect(times).toEqual([0, 20, 40])
  })

  it('ends its wait when aborted, and passes an abort on to its own run', async () => {
    const { queue, loop, clock, runs } = setUp(async (_key, { abortSignal }) => {
      await sleep(clock, 20, abortSignal)
      return done
    })
    loop.start()
    queue.add('a')
    await clock.advance(5)
    const leaving = new AbortController()
    const waiting = loop.runOnce('a', { abortSignal: leaving.signal })
    leaving.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    await clock.advance(20)
    const interrupted = new AbortController()
    const running = loop.runOnce('b', { abortSignal: interrupted.signal })
    interrupted.abort()
    expect((await running).kind).toBe('retry')
    // The interrupted key went back into the queue.
    await clock.advance(20)
    expect(runs.map(({ key, result }) => [key, result.kind])).toEqual([
      ['a', 'done'],
      ['b', 'retry'],
      ['b', 'done'],
    ])
  })

  it('is forgotten when it goes on for a second after its abort', async () => {
    const { queue, loop, clock, runs } = setUp(() => new Promise(() => {}))
    const abort = new AbortController()
    const running = loop.runOnce('a', { abortSignal: abort.signal })
    abort.abort()
    await clock.advance(999)
    expect(queue.working).toBe(1)
    await clock.advance(1)
    expect(await running).toMatchObject({ kind: 'retry', cause: { code: 'aborted' } })
    expect([queue.working, queue.size, runs.length, clock.pendingTimers]).toEqual([0, 1, 1, 0])
  })

  it('ends before a stop of the loop ends', async () => {
    const { loop, clock, queue } = setUp(async (_key, { abortSignal }) => {
      await sleep(clock, 1000, abortSignal)
      return done
    })
    const running = loop.runOnce('a')
    const stopping = loop.stop({ drainMs: 10 })
    await clock.advance(10)
    await stopping
    expect((await running).kind).toBe('retry')
    expect(queue.working).toBe(0)
  })
})
