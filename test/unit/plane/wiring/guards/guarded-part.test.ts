import { describe, expect, it } from 'vitest'
import { sleep } from '../../../../../src/clock.ts'
import { ModelspineError } from '../../../../../src/errors.ts'
import type { GuardedCall } from '../../../../../src/plane/wiring/guards/guarded-call.ts'
import type { GuardedPart } from '../../../../../src/plane/wiring/guards/guarded-part.ts'
import { createGuardedParts } from '../../../../../src/plane/wiring/guards/guarded-parts.ts'
import { priorities } from '../../../../../src/reconcile/priority.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { guardScene, outcome } from './guard-scene.ts'

const never = (): Promise<never> => new Promise(() => {})
const silence = 'target-unavailable: target "black" gave no answer to observe within 10 s'

function scene(concurrency?: number) {
  const found = guardScene(concurrency)
  const part: GuardedPart = found.parts.guard('target', 'black')
  const observe = <Answer>(
    run: GuardedCall<Answer>['run'],
    rest: Partial<GuardedCall<Answer>> = {},
  ): Promise<unknown> => outcome(part.call({ verb: 'observe', limitMs: 10_000, run, ...rest }))
  /** So many calls in a row without an answer. */
  const hang = async (times: number): Promise<void> => {
    for (let call = 0; call < times; call += 1) {
      const waiting = observe(never, { key: `n/${call}` })
      await found.clock.advance(10_000)
      expect(await waiting).toBe(silence)
    }
  }
  return { ...found, part, observe, hang }
}

describe('a guarded call', () => {
  it('gives the answer, and passes errors of the part on unchanged', async () => {
    const { observe, clock, part } = scene()
    expect(await observe(async () => 7)).toBe(7)
    expect(await observe(() => 8)).toBe(8)
    const error = new ModelspineError('target-refused', 'no')
    await expect(
      part.call({ verb: 'apply', limitMs: 10, run: async () => Promise.reject(error) }),
    ).rejects.toBe(error)
    await clock.advance(100_000)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends at its limit although the part ignores its abort, and tells the part', async () => {
    const { observe, clock } = scene()
    let told: AbortSignal | undefined
    let answer: (late: string) => void = () => {}
    const call = observe((abortSignal) => {
      told = abortSignal
      return new Promise<string>((resolve) => (answer = resolve))
    })
    await clock.advance(9999)
    expect(told?.aborted).toBe(false)
    await clock.advance(1)
    expect(await call).toBe(silence)
    expect(told?.reason).toMatchObject({ code: 'target-unavailable', retryable: true })
    answer('too late')
    await clock.advance(0)
  })

  it('ends as soon as the caller’s signal fires, whatever the part does', async () => {
    const { observe, clock, part } = scene()
    const caller = new AbortController()
    let told: AbortSignal | undefined
    const call = observe(
      (abortSignal) => {
        told = abortSignal
        return never()
      },
      { abortSignal: caller.signal },
    )
    caller.abort('enough')
    expect(await call).toBe('aborted: observe of target "black" was aborted')
    expect(told?.aborted).toBe(true)
    expect(await observe(never, { abortSignal: caller.signal })).toContain('aborted')
    await clock.advance(100_000)
    expect(part.faults.newest).toBeUndefined()
  })

  it('makes a wrong answer and an odd return an error that says what is wrong', async () => {
    const { observe, part } = scene()
    const wrong = (answer: unknown): string | undefined => (answer === 1 ? undefined : 'it is not 1')
    expect(await observe(async () => 2, { wrong })).toBe(
      'target-unavailable: target "black" gave a wrong answer to observe: it is not 1',
    )
    expect(await observe(() => undefined, { wrong })).toContain('it is not 1')
    expect(
      await observe(() => {
        throw new Error('at once')
      }),
    ).toContain('at once')
    expect(part.faults.newest).toBeDefined()
  })
})

describe('a part without answers', () => {
  it('is not asked any more after three calls in a row, and fails with the same text', async () => {
    const { observe, hang, part } = scene()
    await hang(3)
    let asked = 0
    const ask = async (): Promise<number> => (asked += 1)
    expect([await observe(ask), await observe(ask)]).toEqual([silence, silence])
    expect(asked).toBe(0)
    expect(await outcome(part.call({ verb: 'apply', limitMs: 10, run: ask }))).toBe(1)
  })

  it('is asked again when another call was answered in between', async () => {
    const { observe, hang } = scene()
    await hang(2)
    expect(await observe(async () => 'here')).toBe('here')
    await hang(2)
    expect(await observe(async () => 'here')).toBe('here')
  })

  it('is probed by one call at a time after pauses that grow from 1 s to 10 s', async () => {
    const { observe, hang, clock, called } = scene()
    await hang(3)
    const waits: number[] = []
    let openedMs = clock.monotonic()
    for (let probe = 0; probe < 6; probe += 1) {
      called.length = 0
      while (called.length === 0) await clock.advance(500)
      waits.push(clock.monotonic() - openedMs)
      const probing = observe(never)
      expect(await observe(async () => 'meanwhile')).toBe(silence)
      await clock.advance(10_000)
      expect(await probing).toBe(silence)
      openedMs = clock.monotonic()
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  it('calls one failed deployment back for the probe, and all when it answers', async () => {
    const { observe, hang, clock, called } = scene()
    await hang(3)
    await observe(never, { key: 'n/3' })
    expect(called).toEqual([])
    await clock.advance(1000)
    expect(called).toEqual(['n/0'])
    expect(await observe(async () => 'here', { key: 'n/0' })).toBe('here')
    expect(called.slice(1)).toEqual(['n/1', 'n/2', 'n/3'])
    called.length = 0
    await clock.advance(100_000)
    await observe(async () => 'here')
    expect(called).toEqual([])
  })

  it('asks for another probe when the first one does not come or is given up', async () => {
    const { observe, hang, clock, called } = scene()
    await hang(3)
    await clock.advance(3000)
    expect(called).toEqual(['n/0', 'n/1', 'n/2'])
    const caller = new AbortController()
    const probe = observe(never, { abortSignal: caller.signal })
    caller.abort()
    await probe
    expect(await observe(async () => 'here')).toBe(silence)
    await clock.advance(1000)
    expect(await observe(async () => 'here')).toBe('here')
  })

  it('forgets a deployment whose run came for the probe and needed no such call', async () => {
    const { parts, observe, hang, clock, called } = scene()
    await hang(3)
    for (let times = 0; times < 100; times += 1) {
      called.length = 0
      await clock.advance(1000)
      for (const key of called) parts.ended(key as `${string}/${string}`)
    }
    expect([called, clock.pendingTimers]).toEqual([[], 1])
    expect(await observe(async () => 'here', { key: 'n/0' })).toBe('here')
    expect(parts.faults()).toEqual([])
  })

  it('keeps a deployment in mind whose probe got no turn', async () => {
    const { part, parts, observe, hang, clock, called } = scene(1)
    await hang(3)
    for (const key of ['n/0', 'n/1', 'n/2'] as const) parts.ended(key)
    void part.call({ verb: 'apply', limitMs: 60_000, key: 'n/a', run: never }).catch(() => {})
    await clock.advance(1000)
    expect(called).toEqual(['n/0'])
    const caller = new AbortController()
    const waiting = observe(never, { key: 'n/0', abortSignal: caller.signal })
    await clock.advance(1000)
    caller.abort()
    expect(await waiting).toContain('aborted')
    parts.ended('n/0')
    expect(called).toEqual(['n/0', 'n/1'])
    await clock.advance(2000)
    expect(called).toEqual(['n/0', 'n/1', 'n/2', 'n/0'])
  })

  it('is probed by no timer while nobody leads, and by the next call', async () => {
    const { parts, observe, hang, clock } = scene()
    parts.connect({
      priorityOf: () => 1,
      aside: () => () => {},
      callBack: () => false,
      callFirst: () => false,
      callBackFailed() {},
    })
    await hang(3)
    await clock.advance(300_000)
    expect(clock.pendingTimers).toBe(0)
    expect(await observe(async () => 'here', { key: 'n/7' })).toBe('here')
  })

  it('forgets a deployment that is gone', async () => {
    const { parts, hang, clock, called } = scene()
    await hang(3)
    for (const key of ['n/0', 'n/1', 'n/2'] as const) parts.forget(key)
    await clock.advance(10_000)
    expect(called).toEqual([])
  })
})

describe('a part with too many callers', () => {
  it('lets deployments wait in line, and people through', async () => {
    const { observe, aside, priorities: known } = scene(2)
    known.set('n/d', priorities.user)
    const answers: (() => void)[] = []
    const slow = (): Promise<void> => new Promise((resolve) => answers.push(resolve))
    for (const key of ['n/a', 'n/b'] as const) void observe(slow, { key })
    const order: unknown[] = []
    const waits = (['n/c', 'n/d'] as const).map((key) =>
      observe(() => order.push(key), { key }).then((answer) => order.push(answer)),
    )
    expect(await observe(async () => 'a person')).toBe('a person')
    expect([order, aside]).toEqual([[], ['n/c', 'n/d']])
    answers[0]?.()
    await Promise.all(waits)
    expect([order, aside]).toEqual([['n/d', 'n/c', 1, 2], []])
  })

  it('counts the limit of a call from its turn, whatever the wait for it', async () => {
    const { observe, clock } = scene(1)
    const slow = (): Promise<string> => sleep(clock, 9000).then(() => 'slow')
    const all = (['n/a', 'n/b', 'n/c'] as const).map((key) => observe(slow, { key }))
    await clock.advance(27_000)
    expect(await Promise.all(all)).toEqual(['slow', 'slow', 'slow'])
  })

  it('refuses all who wait as soon as it is silent, and calls them back when it answers', async () => {
    const { observe, clock, called, aside } = scene(3)
    let asked = 0
    const hang = (): Promise<never> => {
      asked += 1
      return never()
    }
    const all = Array.from({ length: 500 }, (_, place) => observe(hang, { key: `n/${place}` }))
    await clock.advance(10_000)
    expect(asked).toBe(5)
    await Promise.all(all.slice(asked))
    await clock.advance(10_000)
    expect(new Set(await Promise.all(all))).toEqual(new Set([silence]))
    expect(aside).toEqual([])
    called.length = 0
    expect(await observe(async () => 'here', { key: 'n/7' })).toBe('here')
    expect(called).toHaveLength(499)
  })

  it('lets nobody wait for a call that would not be made', async () => {
    const { part, observe, hang } = scene(1)
    await hang(3)
    void part.call({ verb: 'apply', limitMs: 60_000, key: 'n/a', run: never }).catch(() => {})
    expect(await observe(never, { key: 'n/b' })).toBe(silence)
  })

  it('ends a wait as soon as the caller’s signal fires, and when the plane has stopped', async () => {
    const { observe, parts, aside } = scene(1)
    void observe(never, { key: 'n/a' })
    const caller = new AbortController()
    const first = observe(never, { key: 'n/b', abortSignal: caller.signal })
    const second = observe(never, { key: 'n/c', abortSignal: caller.signal })
    const third = observe(never, { key: 'n/d' })
    caller.abort()
    expect(await first).toBe('aborted: observe of target "black" was aborted')
    expect(await second).toContain('aborted')
    expect(aside).toEqual(['n/d'])
    parts.close()
    expect(await third).toBe('stopped: observe of target "black" ended with the plane')
    expect(aside).toEqual([])
  })

  it('lets those in line ask when a probe was answered, before they are told of a silence', async () => {
    const { part, observe, hang, clock } = scene(1)
    await hang(3)
    const answer = Promise.withResolvers<void>()
    void part.call({ verb: 'apply', limitMs: 60_000, key: 'n/a', run: () => answer.promise })
    await clock.advance(1000)
    const all = (['n/b', 'n/c', 'n/d'] as const).map((key) => observe(() => Promise.resolve(key), { key }))
    answer.resolve()
    expect(await Promise.all(all)).toEqual(['n/b', 'n/c', 'n/d'])
  })

  it('refuses a call that must not wait', async () => {
    const { part, observe, aside } = scene(1)
    const answer = Promise.withResolvers<void>()
    const first = observe(() => answer.promise, { key: 'n/a' })
    const call = part.call({ verb: 'query', limitMs: 10, key: 'n/b', atOnce: true, run: () => 1 })
    await expect(call).rejects.toMatchObject({ code: 'overloaded', retryable: true, details: { full: true } })
    expect(aside).toEqual([])
    answer.resolve()
    await first
    expect(await observe(() => 1, { key: 'n/b', atOnce: true })).toBe(1)
  })

  it('passes on what a call throws when its turn has come', async () => {
    const { observe, clock } = scene(1)
    const slow = observe(() => sleep(clock, 10), { key: 'n/a' })
    const thrown = observe(
      () => {
        throw new ModelspineError('target-refused', 'no')
      },
      { key: 'n/b' },
    )
    await clock.advance(10)
    await slow
    expect(await thrown).toBe('target-refused: no')
    expect(await observe(() => 1, { key: 'n/c' })).toBe(1)
  })

  it('gives the place of a call that was ended to others', async () => {
    const { observe, clock } = scene(1)
    const ended = observe(never, { key: 'n/a' })
    await clock.advance(10_000)
    expect(await ended).toBe(silence)
    expect(await observe(async () => 1, { key: 'n/b' })).toBe(1)
  })
})

describe('the faults of a part', () => {
  const broken = new ModelspineError('target-unavailable', 'connection refused')
  const fail = async (): Promise<never> => Promise.reject(broken)

  it('begin with the first call without an answer, and end with the next answer', async () => {
    const { observe, hang, parts, told } = scene()
    await hang(1)
    expect(parts.faults()).toEqual([
      {
        part: 'target',
        name: 'black',
        reason: 'TargetUnavailable',
        message: 'target "black" gave no answer to observe within 10 s',
      },
    ])
    await hang(1)
    await observe(async () => 1)
    expect(parts.faults()).toEqual([])
    const text = 'target black: target "black" gave no answer to observe within 10 s'
    expect(told).toEqual([`failing ${text}`, `recovered ${text}`])
  })

  it('begin with the third failure in a row', async () => {
    const { observe, parts, told } = scene()
    for (let times = 0; times < 2; times += 1) await observe(fail)
    await observe(async () => 1)
    for (let times = 0; times < 2; times += 1) await observe(fail)
    expect(parts.faults()).toEqual([])
    await observe(fail)
    expect(parts.faults()).toMatchObject([{ message: 'connection refused' }])
    await observe(fail)
    expect(told).toEqual(['failing target black: connection refused'])
  })

  it('call back the deployments that failed, when they end', async () => {
    const { observe, called } = scene()
    for (const key of ['n/a', 'n/b', 'n/c'] as const) await observe(fail, { key })
    await observe(async () => 1, { key: 'n/b' })
    expect(called).toEqual(['n/a', 'n/c'])
  })

  it('do not come from errors that say something about the call', async () => {
    const { observe, parts } = scene()
    for (const code of ['conflict', 'fence-stale', 'target-refused', 'secret-not-found'] as const) {
      await observe(async () => Promise.reject(new ModelspineError(code, 'no')))
    }
    expect(parts.faults()).toEqual([])
  })

  it.each([
    ['two minutes', {}, undefined, 120_000],
    ['the limit of the call', { limitMs: 300_000 }, undefined, 420_000],
    ['the wait that the part asked for', {}, 600_000, 720_000],
    ['the time between two such calls', { everyMs: 600_000 }, undefined, 720_000],
  ])('end silently when no such call has come for %s', async (_what, rest, retryAfterMs, staleMs) => {
    const { observe, parts, told, clock } = scene()
    const error = new ModelspineError('target-unavailable', 'wait', {
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
    for (let times = 0; times < 3; times += 1) {
      await observe(async () => Promise.reject(error), { limitMs: 0, ...rest })
    }
    await clock.advance(staleMs - 1)
    expect(parts.faults()).toHaveLength(1)
    await clock.advance(1)
    expect([parts.faults(), told]).toEqual([[], ['failing target black: wait']])
    expect(clock.pendingTimers).toBe(0)
    for (let times = 0; times < 3; times += 1) await observe(fail)
    expect(told).toHaveLength(2)
  })

  it('end each at its own time', async () => {
    const { part, parts, clock, told } = scene()
    const call = (verb: string, limitMs: number) =>
      outcome(part.call({ verb, limitMs, run: async () => Promise.reject(new Error(verb)) }))
    for (let times = 0; times < 3; times += 1) await call('apply', 100_000)
    for (let times = 0; times < 3; times += 1) await call('observe', 10_000)
    expect(parts.faults()).toMatchObject([{ message: 'observe' }])
    await clock.advance(150_000)
    expect(parts.faults()).toMatchObject([{ message: 'apply' }])
    await outcome(part.call({ verb: 'apply', limitMs: 10, run: async () => 1 }))
    expect(told).toEqual(['failing target black: apply', 'recovered target black: apply'])
  })

  it('are kept apart by sort of call', async () => {
    const { observe, hang, parts, part } = scene()
    await hang(1)
    await part.call({ verb: 'apply', limitMs: 10, run: async () => 1 })
    expect(parts.faults()).toHaveLength(1)
    await observe(async () => 1)
    expect(parts.faults()).toEqual([])
  })

  it('show an error without the secrets that the caller knows', async () => {
    const { observe, parts } = scene()
    const clean = (): Error => new Error('token [secret]')
    for (let times = 0; times < 3; times += 1) {
      expect(await observe(async () => Promise.reject(new Error('token hush')), { clean })).toContain(
        '[secret]',
      )
    }
    expect(parts.faults()[0]?.message).toBe('token [secret]')
  })
})

describe('a call whose check or listener throws', () => {
  const bug = (): never => {
    throw new Error('a bug')
  }

  it.each([
    ['the check of the form', async (): Promise<unknown> => 1, { wrong: bug }],
    ['the check for a failure', async (): Promise<unknown> => 1, { failure: bug }],
    ['the removal of secrets', async (): Promise<unknown> => Promise.reject(new Error('no')), { clean: bug }],
  ] as const)('gives its place back: %s', async (_what, run, rest) => {
    const { observe, hang, part, clock } = scene(1)
    const call = { verb: 'observe', limitMs: 10_000, key: 'n/0' as const, run, ...rest }
    expect(await outcome(part.call<unknown>(call))).toContain('target-unavailable')
    expect(await observe(async () => 1, { key: 'n/1' })).toBe(1)
    await hang(3)
    await clock.advance(1000)
    expect(await outcome(part.call<unknown>(call))).toContain('target-unavailable')
    expect(await observe(async () => 1)).toBe(1)
  })

  it('ends in time although the logger throws', async () => {
    const clock = createFakeClock()
    const parts = createGuardedParts({
      clock,
      logger: { ...silentLogger, warn: bug, info: bug },
      concurrency: 1,
      told: bug,
    })
    const part = parts.guard('target', 'black')
    const call = (run: () => Promise<unknown>) =>
      outcome(part.call({ verb: 'observe', limitMs: 1000, key: 'n/a', run }))
    const waiting = call(never)
    await clock.advance(1000)
    expect(await waiting).toContain('gave no answer')
    expect(await call(async () => 'here')).toBe('here')
  })
})

describe('a part that is told to rest', () => {
  it('waits for calls that nobody waits for any more, but not for ever', async () => {
    const { observe, part, clock } = scene()
    const caller = new AbortController()
    let end: (value: undefined) => void = () => {}
    const call = observe(() => new Promise<undefined>((resolve) => (end = resolve)), {
      abortSignal: caller.signal,
    })
    caller.abort()
    expect(await call).toContain('aborted')
    let rested = 0
    const rest = (ms: number): void => void part.quiet(ms).then(() => (rested += 1))
    rest(1000)
    await clock.advance(999)
    expect(rested).toBe(0)
    await clock.advance(1)
    expect(rested).toBe(1)
    rest(1000)
    end(undefined)
    await clock.advance(0)
    rest(1000)
    await clock.advance(0)
    expect(rested).toBe(3)
  })
})

describe('a part of a plane that was stopped', () => {
  it('ends each call as stopped, which is no fault, and leaves no timer', async () => {
    const { observe, hang, part, parts, clock, told } = scene()
    const caller = new AbortController()
    await hang(3)
    await clock.advance(1000)
    told.length = 0
    const probe = observe(never)
    const given = outcome(part.call({ verb: 'apply', limitMs: 10, run: never, abortSignal: caller.signal }))
    const rest = part.quiet(10_000)
    parts.close()
    const stopped = 'stopped: observe of target "black" ended with the plane'
    expect([await probe, await given]).toEqual([stopped, stopped.replace('observe', 'apply')])
    await rest
    const broken = new ModelspineError('target-unavailable', 'no')
    const fail = (): Promise<unknown> =>
      outcome(part.call({ verb: 'plan', limitMs: 10, run: async () => Promise.reject(broken) }))
    for (let times = 0; times < 4; times += 1) await fail()
    expect(await outcome(part.call({ verb: 'list', limitMs: 10, run: async () => 'quick' }))).toBe('quick')
    expect(await outcome(part.call({ verb: 'list', limitMs: 10, run: never }))).toContain('stopped')
    expect([told, clock.pendingTimers]).toEqual([[], 0])
  })
})
