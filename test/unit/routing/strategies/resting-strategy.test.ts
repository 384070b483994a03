import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import { inOrderStrategy } from '../../../../src/routing/strategies/in-order-strategy.ts'
import { type RestOptions, restingStrategy } from '../../../../src/routing/strategies/resting-strategy.ts'
import type { RoutingStrategy } from '../../../../src/routing/strategies/routing-strategy.ts'
import { weightedStrategy } from '../../../../src/routing/strategies/weighted-strategy.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import {
  deployment,
  route,
  type ScriptedProvider,
  scenario,
  scriptedProvider,
  tensors,
  vendor,
} from '../scenario.ts'

/** Providers behind a route, in their order, and requests to it. */
function resting(names: string, options: RestOptions = {}, inner: RoutingStrategy = inOrderStrategy) {
  const clock = createFakeClock()
  const providers: Record<string, ScriptedProvider> = {}
  for (const name of names) providers[name] = scriptedProvider(name)
  const { router } = scenario(
    {
      routes: [
        route(
          [...names].map((name) => vendor(name)),
          { attempts: names.length },
        ),
      ],
      deployments: [],
      providers,
    },
    { clock, strategy: restingStrategy(inner, { clock, ...options }) },
  )
  const provider = (name: string): ScriptedProvider => providers[name] as ScriptedProvider
  return {
    clock,
    router,
    provider,
    /** The names of the providers that were called for one request, in order. */
    async ask(): Promise<string> {
      const before = [...names].map((name) => provider(name).calls.length)
      const asked = await router.infer('m', tensors).then(
        (reply) => reply.provider,
        () => 'nobody',
      )
      const called = [...names].filter((name, place) => provider(name).calls.length > (before[place] ?? 0))
      return `${called.join('')}: ${asked}`
    },
    stream: () => router.chatStream('m', { messages: [] }),
  }
}

describe('in order', () => {
  it('asks the backends in order, the fallbacks last, and nobody twice', async () => {
    const { ask, provider } = resting('abc')
    expect(await ask()).toBe('a: a')
    provider('a').script = 'overloaded'
    provider('b').script = 'overloaded'
    expect(await ask()).toBe('abc: c')
  })
})

describe('a dead upstream', () => {
  it('is left alone for its rest, and then probed by one request', async () => {
    const { ask, provider, clock } = resting('ab')
    provider('a').script = 'unavailable'
    expect(await ask()).toBe('ab: b')
    for (let asked = 0; asked < 50; asked += 1) expect(await ask()).toBe('b: b')
    await clock.advance(29_999)
    expect(await ask()).toBe('b: b')
    await clock.advance(1)
    provider('a').script = 'hang'
    void ask()
    await clock.advance(0)
    expect(provider('a').calls).toHaveLength(2)
    expect(await ask()).toBe('b: b')
  })

  it('works again after a probe that succeeds, and rests twice as long after one that fails', async () => {
    const { ask, provider, clock } = resting('ab', { restMs: 10_000, longestRestMs: 30_000 })
    provider('a').script = 'unavailable'
    await ask()
    for (const restMs of [10_000, 20_000, 30_000, 30_000]) {
      await clock.advance(restMs - 1)
      expect(await ask()).toBe('b: b')
      await clock.advance(1)
      expect(await ask()).toBe('ab: b')
    }
    provider('a').script = 'ok'
    await clock.advance(30_000)
    expect(await ask()).toBe('a: a')
    provider('a').script = 'unavailable'
    expect(await ask()).toBe('ab: b')
    await clock.advance(10_000)
    expect(await ask()).toBe('ab: b')
  })

  it('rests once for calls that fail together, however late they fail', async () => {
    const { ask, provider, clock } = resting('ab', { restMs: 10_000 })
    provider('a').script = 'unavailable'
    await Promise.all(Array.from({ length: 20 }, ask))
    expect(provider('a').calls).toHaveLength(20)
    await clock.advance(10_000)
    expect(await ask()).toBe('ab: b')
  })

  it('is not woken by a call from before its rest', async () => {
    const { ask, provider, clock, stream } = resting('ab')
    const { events } = await stream()
    provider('a').script = 'unavailable'
    await ask()
    for await (const _ of events);
    expect(await ask()).toBe('b: b')
    expect(clock.pendingTimers).toBe(0)
  })

  it('is awake when the first output of a probe has come, before the stream has ended', async () => {
    const { ask, provider, clock, stream } = resting('ab')
    provider('a').script = 'unavailable'
    await ask()
    await clock.advance(30_000)
    const { events } = await stream()
    provider('a').script = 'ok'
    expect(await ask()).toBe('a: a')
    await events.return?.()
  })

  it('can be probed again when the caller of a probe leaves', async () => {
    const { ask, provider, clock, router } = resting('ab')
    provider('a').script = 'unavailable'
    await ask()
    await clock.advance(30_000)
    provider('a').script = 'hang'
    const caller = new AbortController()
    const left = router.infer('m', tensors, { abortSignal: caller.signal })
    await clock.advance(0)
    expect(await ask()).toBe('b: b')
    caller.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
    provider('a').script = 'ok'
    expect(await ask()).toBe('a: a')
  })

  it('is asked all the same when the others have failed, the one first whose rest ends first', async () => {
    const { ask, provider, clock } = resting('abc', { restMs: 10_000 })
    provider('a').script = 'unavailable'
    await ask()
    await clock.advance(1000)
    provider('b').script = 'unavailable'
    await ask()
    provider('a').script = 'ok'
    provider('b').script = 'ok'
    provider('c').script = 'unavailable'
    expect(await ask()).toBe('ac: a')
    provider('a').script = 'unavailable'
    expect(await ask()).toBe('ab: b')
    expect(await ask()).toBe('b: b')
  })

  it('rests as long as it asked', async () => {
    const { ask, provider, clock } = resting('ab', { restMs: 10_000 })
    for (const [asked, restMs] of [
      [2000, 2000],
      [45_000, 45_000],
      [1e12, 86_400_000],
    ] as const) {
      provider('a').script = new ModelspineError('rate-limited', 'slow down', { retryAfterMs: asked })
      expect(await ask()).toBe('ab: b')
      await clock.advance(restMs - 1)
      expect(await ask()).toBe('b: b')
      await clock.advance(1)
      provider('a').script = 'ok'
      expect(await ask()).toBe('a: a')
    }
  })

  it('is one that failed so often in a row, for reasons of its own', async () => {
    const { ask, provider } = resting('ab', { failures: 2 })
    for (const code of ['unsupported', 'context-length', 'unavailable'] as const) {
      provider('a').script = code
      expect(await ask()).toBe('ab: b')
    }
    provider('a').script = 'ok'
    expect(await ask()).toBe('a: a')
    provider('a').script = 'unavailable'
    expect([await ask(), await ask(), await ask()]).toEqual(['ab: b', 'ab: b', 'b: b'])
  })

  it('is what the option says, and an option that throws counts nothing', async () => {
    const never = resting('ab', {
      countsAsDead: ({ code }) => {
        if (code === 'quota') throw new Error('no')
        return code === 'not-ready'
      },
    })
    for (const code of ['unavailable', 'quota', 'not-ready'] as const) {
      never.provider('a').script = code
      expect(await never.ask()).toBe('ab: b')
    }
    expect(await never.ask()).toBe('b: b')
  })

  it.each([{ failures: 0 }, { restMs: 0.5 }, { longestRestMs: Number.NaN }])(
    'has options that can be meant: %j',
    (options) => {
      expect(() => restingStrategy(inOrderStrategy, options)).toThrow(
        expect.objectContaining({ code: 'invalid-options', details: { field: Object.keys(options)[0] } }),
      )
    },
  )
})

describe('a strategy that rests', () => {
  it.each([
    [
      () => restingStrategy(weightedStrategy as never),
      'inner is a function: give an object with the method pick',
    ],
    [() => restingStrategy(undefined as never), 'inner is missing: give an object with the method pick'],
    [
      () => restingStrategy(inOrderStrategy, { rest: 3 } as object),
      'rest is not an option. Did you mean "restMs"?',
    ],
    [() => weightedStrategy(inOrderStrategy as never), 'random is an object: give a function'],
  ])('refuses what is no strategy and no option: %#', (make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
    )
  })

  it('passes everything on to the strategy inside, also when that is told of nothing', async () => {
    const heard: string[] = []
    const { ask, stream } = resting(
      'a',
      {},
      {
        ...inOrderStrategy,
        began: ({ identity }) => heard.push(`began ${identity.provider}`),
        answered: ({ identity }) => heard.push(`answered ${identity.provider}`),
        ended: ({ identity }, { outcome }) => heard.push(`ended ${identity.provider} ${outcome}`),
      },
    )
    await ask()
    for await (const _ of (await stream()).events);
    expect(heard).toEqual(['began a', 'ended a ok', 'began a', 'answered a', 'ended a ok'])
  })

  it('does not try every one that rests when the request itself was refused', async () => {
    const picksOf = async (names: string): Promise<number> => {
      let picks = 0
      const pick: RoutingStrategy['pick'] = (...asked) => {
        picks += 1
        return inOrderStrategy.pick(...asked)
      }
      const { ask, provider } = resting(names, {}, { pick })
      for (const name of names) provider(name).script = 'unavailable'
      await ask()
      picks = 0
      provider('a').script = 'bad-request'
      expect(await ask()).toBe('a: nobody')
      return picks
    }
    expect(await picksOf('abcdefghijklmnopqrst')).toBe(await picksOf('abc'))
  })

  it('never lets an unproven revision stand in where the strategy inside would not', async () => {
    const clock = createFakeClock()
    const old = scriptedProvider('old', 'unavailable')
    const canary = scriptedProvider('new')
    const { router } = scenario(
      {
        routes: [route([{ deployment: 'd', weight: 1 }], { attempts: 3 })],
        deployments: [deployment('d', { old: 90, new: 10 }, { stable: 'old' })],
        connect: { test: ({ address }) => (address === 'old' ? old : canary) },
      },
      {
        clock,
        strategy: restingStrategy(
          weightedStrategy(() => 0),
          { clock },
        ),
      },
    )
    await expect(router.infer('m', tensors)).rejects.toMatchObject({ code: 'unavailable' })
    expect(canary.calls).toHaveLength(0)
  })
})
