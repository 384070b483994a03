import { describe, expect, it } from 'vitest'
import { deployment, question, route, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

describe('calls under way', () => {
  it('are bounded for each upstream: others are asked, and then nothing is sent', async () => {
    const [a, b] = [scriptedProvider('a', 'hang'), scriptedProvider('b', 'hang')]
    const world = scenario(
      {
        routes: [
          route([vendor('a', 1, 'hung')], { fallback: [vendor('b')] }),
          route([vendor('a', 1, 'healthy')], {}, { name: 'other' }),
        ],
        providers: { a, b },
      },
      { maxInFlightPerUpstream: 2 },
    )
    const caller = new AbortController()
    const asked = Array.from({ length: 5 }, () =>
      world.router.infer('m', tensors, { abortSignal: caller.signal }).catch((error: unknown) => error),
    )
    await expect(Promise.race(asked)).resolves.toMatchObject({
      code: 'overloaded',
      details: { maxInFlight: 2 },
    })
    expect([a.calls.length, b.calls.length]).toEqual([2, 2])
    expect(world.requests).toMatchObject([{ code: 'overloaded', attempts: 0 }])
    a.script = 'ok'
    await expect(world.router.infer('other', tensors)).resolves.toMatchObject({ provider: 'a' })
    caller.abort()
    await Promise.all(asked)
    await expect(world.router.infer('m', tensors)).resolves.toMatchObject({ provider: 'a', attempts: 1 })
  })

  it('are bounded by default where upstreams share connections, and not where they have their own', async () => {
    const a = scriptedProvider('a', 'hang')
    const world = scenario({
      routes: [route([vendor('a')]), route([{ deployment: 'churn', weight: 1 }], {}, { name: 'own' })],
      deployments: [deployment('churn', { r1: 100 })],
      providers: { a },
    })
    world.at('r1').script = 'hang'
    const caller = new AbortController()
    const ask = (name: string): Promise<unknown> =>
      world.router.infer(name, tensors, { abortSignal: caller.signal }).catch(({ code }) => code)
    const asked = Array.from({ length: 201 }, () => [ask('m'), ask('own')]).flat()
    await world.clock.advance(0)
    expect([a.calls.length, world.at('r1').calls.length]).toEqual([200, 201])
    caller.abort()
    const codes = await Promise.all(asked)
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(1)
  })

  it('are bounded for each route by its spec, in every snapshot', async () => {
    const a = scriptedProvider('a', 'hang')
    const input = { routes: [route([vendor('a')], { maxInFlight: 1 })], providers: { a } }
    const world = scenario(input)
    const caller = new AbortController()
    const first = world.router.infer('m', tensors, { abortSignal: caller.signal }).catch(() => {})
    world.load(input)
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({
      code: 'overloaded',
      details: { route: 'default/m', maxInFlight: 1 },
    })
    expect(a.calls).toHaveLength(1)
    caller.abort()
    await first
    a.script = 'ok'
    await expect(world.router.infer('m', tensors)).resolves.toMatchObject({ provider: 'a' })
  })

  it('refuse a bound that is no whole number above 0', () => {
    expect(() => scenario({}, { maxInFlightPerUpstream: 0 })).toThrow(
      'maxInFlightPerUpstream is 0: give a whole number above 0',
    )
  })
})

describe('an upstream', () => {
  const churn = { deployment: 'churn', weight: 1 }
  const routes = [route([vendor('a')], { fallback: [churn] })]

  it('is found by a request that began before it moved', async () => {
    const a = scriptedProvider('a', 'hang')
    const at = (address: string) => {
      const endpoint = { protocol: 'test', address }
      return deployment('churn', { r1: 100 }, { endpoints: [{ revision: 'r1', target: 'local', endpoint }] })
    }
    const world = scenario({ routes, providers: { a }, deployments: [at('old')] })
    const call = world.router.infer('m', tensors)
    world.load({ routes, providers: { a }, deployments: [at('new')] })
    await world.clock.advance(5000)
    await expect(call).resolves.toMatchObject({ deployment: 'default/churn', revision: 'r1', attempts: 2 })
    expect([world.at('old').calls.length, world.at('new').calls.length]).toEqual([0, 1])
  })

  it('may be asked again at another address, but not at the one where it failed', async () => {
    const at = (address: string) => {
      const endpoint = { protocol: 'test', address }
      return deployment('churn', { r1: 100 }, { endpoints: [{ revision: 'r1', target: 'local', endpoint }] })
    }
    const only = [route([churn], { attempts: 3 })]
    const world = scenario({ routes: only, deployments: [at('old')] })
    world.at('old').infer = async () => {
      world.load({ routes: only, deployments: [at('new')] })
      world.at('new').script = 'unavailable'
      return await Promise.reject(new TypeError('moved'))
    }
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({ code: 'unavailable' })
    expect(world.at('new').calls).toHaveLength(1)
    expect(world.attempts).toHaveLength(2)
  })

  it('keeps its id and what calls have told across snapshots, as long as a route names it', async () => {
    const a = scriptedProvider('a')
    const input = { routes: [route([vendor('a')])], providers: { a, b: scriptedProvider('b') } }
    const world = scenario(input)
    const upstream = () => world.holder.current?.find('m')?.plans.infer?.backends[0]?.upstreams[0]
    a.infer = async () => {
      await new Promise<void>((resolve) => world.clock.schedule(100, resolve))
      return { kind: 'tensors', outputs: [] }
    }
    const call = world.router.infer('m', tensors)
    await world.clock.advance(100)
    await call
    const before = upstream()
    a.infer = () => Promise.reject(new TypeError('down'))
    await world.router.infer('m', tensors).catch(() => {})
    world.load(input)
    expect(upstream()).not.toBe(before)
    expect(upstream()?.id).toBe('provider a a-model')
    expect(upstream()?.state).toMatchObject({ inFlight: 0, latencyMs: 100, failures: 1 })
    world.load({ ...input, routes: [...input.routes, route([vendor('b')], {}, { name: 'other' })] })
    // Once the other is gone, and once after that.
    for (let time = 0; time < 2; time += 1) world.load(input)
    expect(upstream()?.state).toMatchObject({ latencyMs: 100, failures: 1 })
    world.load({})
    world.load(input)
    expect(upstream()?.state).toMatchObject({ latencyMs: undefined, failures: 0 })
  })

  it('has the server of its address, where that is a URL, in records', async () => {
    const a = Object.assign(scriptedProvider('a'), { address: 'https://vendor.test/v1' })
    const world = scenario({ routes: [route([vendor('a')])], providers: { a } })
    await world.router.infer('m', tensors)
    const server = { address: 'vendor.test', port: 443 }
    expect([world.attempts[0]?.server, world.requests[0]?.server]).toEqual([server, server])
  })

  it('is asked for streams only when its provider declares them', async () => {
    const [plain, streams] = [scriptedProvider('plain'), scriptedProvider('streams')]
    Object.assign(plain, {
      capabilities: { ...plain.capabilities, streaming: false },
      chatStream: undefined,
    })
    const both = scenario({
      routes: [route([vendor('plain'), vendor('streams')])],
      providers: { plain, streams },
    })
    for (let asked = 0; asked < 20; asked += 1) {
      const { attempts, provider, events } = await both.router.chatStream('m', question)
      await events.return?.()
      expect([attempts, provider]).toEqual([1, 'streams'])
    }
    const alone = scenario({ routes: [route([vendor('plain')])], providers: { plain } })
    await expect(alone.router.chatStream('m', question)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'route default/m has no backend that streams chat; ask for a whole reply',
    })
    await expect(alone.router.chat('m', question)).resolves.toMatchObject({ provider: 'plain' })
  })
})
