import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ModelRoute } from '../../../../src/resources/route/model-route.ts'
import {
  deployment,
  finish,
  question,
  route,
  type Scenario,
  type ScriptedProvider,
  scenario,
  scriptedProvider,
  tensors,
  text,
  vendor,
} from '../scenario.ts'

interface TwoVendors extends Scenario {
  readonly a: ScriptedProvider
  readonly b: ScriptedProvider
}

/** The first vendor hangs, the second one answers. The route declares only these times. */
function twoVendors(spec: Partial<ModelRoute['spec']> = {}): TwoVendors {
  const [a, b] = [scriptedProvider('a', 'hang'), scriptedProvider('b')]
  const { timeout: _, ...declared } = route([vendor('a')], { fallback: [vendor('b')] }).spec
  const declaredRoute = { ...route([]), spec: { ...declared, ...spec } }
  return Object.assign(scenario({ routes: [declaredRoute], providers: { a, b } }), { a, b })
}

async function settled<Value>(world: Scenario, call: Promise<Value>, afterMs: number): Promise<Value> {
  call.catch(() => {})
  await world.clock.advance(afterMs)
  return await call
}

describe('a call that hangs', () => {
  it('leaves its fallback time: its equal share of what is left, in a reply and in a stream', async () => {
    const world = twoVendors({ timeout: '1s' })
    const reply = await settled(world, world.router.infer('m', tensors), 500)
    expect(reply).toMatchObject({ provider: 'b', attempts: 2 })
    expect(world.attempts).toMatchObject([
      { kind: 'first', code: 'timeout', durationMs: 500 },
      { kind: 'failover', outcome: 'ok' },
    ])
    expect(world.a.calls[0]?.context.abortSignal.aborted).toBe(true)

    const streamed = twoVendors()
    streamed.a.events = ['hang']
    const stream = await settled(streamed, streamed.router.chatStream('m', question), 30_000)
    expect(stream).toMatchObject({ provider: 'b', attempts: 2 })
    await stream.events.return?.()
    expect([streamed.inFlight, streamed.clock.pendingTimers]).toEqual([0, 0])
  })

  it('shares the time with the upstreams that there are, however many attempts the route allows', async () => {
    const world = twoVendors({ timeout: '1s', attempts: 10 })
    await expect(settled(world, world.router.infer('m', tensors), 500)).resolves.toMatchObject({
      provider: 'b',
    })
    expect(world.attempts[0]).toMatchObject({ code: 'timeout', durationMs: 500 })
  })

  it('goes on when the strategy throws as it is asked for another upstream', async () => {
    const a = scriptedProvider('a', 'hang')
    let picks = 0
    const world = scenario(
      {
        routes: [route([vendor('a')], { timeout: '1s', fallback: [vendor('a', 1, 'x')] })],
        providers: { a },
      },
      {
        strategy: {
          pick({ backends }) {
            picks += 1
            if (picks > 1) throw new TypeError('a bug')
            return backends[0]?.upstreams[0]
          },
        },
      },
    )
    await expect(settled(world, world.router.infer('m', tensors), 1000)).rejects.toMatchObject({
      code: 'timeout',
      details: { timeoutMs: 1000 },
    })
    expect([picks, world.router.observerFailures, world.inFlight]).toEqual([2, 1, 0])
  })

  it('goes on after its share when nobody else can be asked', async () => {
    // The canary may not stand in for the stable revision.
    const world = scenario({
      routes: [route([{ deployment: 'churn', weight: 1 }], { timeout: '4s' })],
      deployments: [deployment('churn', { r1: 100, r2: 1e-9 }, { stable: 'r1' })],
    })
    world.at('r1').infer = async () => {
      await new Promise<void>((resolve) => world.clock.schedule(3000, resolve))
      return { kind: 'tensors', outputs: [] }
    }
    await expect(settled(world, world.router.infer('m', tensors), 3000)).resolves.toMatchObject({
      revision: 'r1',
      attempts: 1,
    })
  })

  it('is cut at the time that the route declares, and is the last one when attempts is 1', async () => {
    const world = twoVendors({ timeouts: { attempt: '200ms', firstOutput: '300ms' } })
    await expect(settled(world, world.router.infer('m', tensors), 200)).resolves.toMatchObject({
      provider: 'b',
    })
    world.a.events = ['hang']
    await settled(world, world.router.chatStream('m', question), 300)
    expect(world.attempts.map(({ durationMs }) => durationMs)).toEqual([200, 0, 300])

    const single = twoVendors({ attempts: 1, timeouts: { attempt: '200ms' } })
    await expect(settled(single, single.router.infer('m', tensors), 200)).rejects.toMatchObject({
      code: 'timeout',
      message: 'provider a gave no answer within 200 ms',
    })
    expect(single.b.calls).toHaveLength(0)
  })

  it('does not cost its fallback a failure when it fails late', async () => {
    const world = twoVendors({ timeout: '1s' })
    world.a.infer = async () => {
      await new Promise<void>((resolve) => world.clock.schedule(950, resolve))
      throw new ModelspineError('overloaded', 'busy')
    }
    world.b.infer = async () => {
      await new Promise<void>((resolve) => world.clock.schedule(200, resolve))
      return { kind: 'tensors', outputs: [] }
    }
    await expect(settled(world, world.router.infer('m', tensors), 700)).resolves.toMatchObject({
      provider: 'b',
    })
  })
})

describe('a stream', () => {
  it('has no total timeout that nobody declared, but its pauses are bounded', async () => {
    const world = twoVendors({ timeouts: { idle: '20s' } })
    world.a.events = [...Array.from({ length: 20 }, () => text('x')), 'hang']
    const { events } = await world.router.chatStream('m', question)
    for (let read = 0; read < 20; read += 1) {
      await events.next()
      await world.clock.advance(19_000)
    }
    const paused = events.next()
    await expect(settled(world, paused, 20_000)).rejects.toMatchObject({
      code: 'timeout',
      message: 'the stream of provider a paused for 20000 ms',
    })
    expect(world.attempts).toMatchObject([{ outcome: 'failed', code: 'timeout', durationMs: 20_000 }])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('ends when its caller does not read for the same time, as no failure of the upstream', async () => {
    const world = twoVendors({ timeouts: { idle: '20s' } })
    world.a.events = [text('x'), text('y'), finish]
    const { events } = await world.router.chatStream('m', question)
    await world.clock.advance(20_000)
    expect(world.attempts).toMatchObject([{ outcome: 'aborted', code: 'timeout', durationMs: 0 }])
    expect(world.requests).toMatchObject([{ outcome: 'failed', code: 'timeout' }])
    expect([world.a.returned, world.inFlight, world.clock.pendingTimers]).toEqual([1, 0, 0])
    expect(await events.next()).toEqual({ done: false, value: [text('x')] })
    await expect(events.next()).rejects.toThrow('the caller did not read the stream for 20000 ms')
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  it('has 60 s until its first output and in each pause where the route declares nothing, like a whole reply', async () => {
    const late = (timeoutMs: number, message: string) => ({
      code: 'timeout',
      message,
      details: { timeoutMs },
    })
    const all = late(60_000, 'route default/m gave no complete answer within 60000 ms')
    const [whole, silent, paused] = [1, 2, 3].map(() => twoVendors({ fallback: [] })) as [
      TwoVendors,
      TwoVendors,
      TwoVendors,
    ]
    const reply = whole.router.infer('m', tensors)
    silent.a.events = ['hang']
    const opened = silent.router.chatStream('m', question)
    for (const [world, call] of [
      [whole, reply],
      [silent, opened],
    ] as const) {
      call.catch(() => {})
      await world.clock.advance(59_999)
      expect(world.inFlight).toBe(1)
      await expect(settled<unknown>(world, call, 1)).rejects.toMatchObject(all)
    }
    paused.a.events = [text('x'), 'hang']
    const { events } = await paused.router.chatStream('m', question)
    await events.next()
    const next = events.next()
    next.catch(() => {})
    await paused.clock.advance(59_999)
    expect(paused.inFlight).toBe(1)
    await expect(settled(paused, next, 1)).rejects.toMatchObject(
      late(60_000, 'the stream of provider a paused for 60000 ms'),
    )
  })

  it('is cut by a request timeout that the route declares', async () => {
    const world = twoVendors({ timeouts: { request: '3s' } })
    world.a.events = [text('x'), 'hang']
    const { events } = await world.router.chatStream('m', question)
    await events.next()
    await expect(settled(world, events.next(), 3000)).rejects.toMatchObject({ code: 'timeout' })
  })
})
