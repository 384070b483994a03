import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, ModelspineError } from '../../../../src/errors.ts'
import { deployment, route, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

const churn = { deployment: 'churn', weight: 1 }

function twoVendors(first: ErrorCode | ModelspineError, second: ErrorCode | 'ok' = 'ok') {
  const [a, b] = [scriptedProvider('a', first), scriptedProvider('b', second)]
  const world = scenario({
    routes: [route([vendor('a')], { fallback: [vendor('b')] })],
    providers: { a, b },
  })
  return { ...world, a, b, world }
}

describe('a failover', () => {
  it.each<ErrorCode>([
    'rate-limited',
    'quota',
    'overloaded',
    'timeout',
    'interrupted',
    'malformed-reply',
    'context-length',
    'not-found',
    'not-ready',
    'unsupported',
    'auth',
    'unavailable',
  ])('asks the fallback after %s', async (code) => {
    const { router, attempts, requests, world } = twoVendors(code)
    const reply = await router.infer('m', tensors, { requestId: 'r-1' })
    expect(reply).toMatchObject({ provider: 'b', attempts: 2, requestId: 'r-1' })
    expect(attempts.map(({ upstream, outcome, code }) => [upstream.provider, outcome, code])).toEqual([
      ['a', 'failed', code],
      ['b', 'ok', undefined],
    ])
    expect(requests).toMatchObject([{ outcome: 'ok', attempts: 2, upstream: { provider: 'b' } }])
    expect(world.inFlight).toBe(0)
  })

  it.each<ErrorCode>(['bad-request', 'content-filter', 'aborted'])(
    'asks no other upstream after %s',
    async (code) => {
      const { router, b, world } = twoVendors(code)
      await expect(router.infer('m', tensors)).rejects.toMatchObject({ code })
      expect(b.calls).toHaveLength(0)
      expect(world.requests).toMatchObject([{ code, attempts: 1 }])
      expect(world.inFlight).toBe(0)
    },
  )

  it('happens once, and the second failure is the answer', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => scriptedProvider(name, 'unavailable'))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made')
    b.script = 'overloaded'
    const world = scenario({
      routes: [route([vendor('a')], { fallback: [vendor('b'), vendor('c')] })],
      providers: { a, b, c },
    })
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({ code: 'overloaded' })
    expect([a, b, c].map(({ calls }) => calls.length)).toEqual([1, 1, 0])
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('goes through the fallbacks in their order, as often as the route allows', async () => {
    const names = ['a', 'b', 'c', 'd'] as const
    const providers = Object.fromEntries(names.map((name) => [name, scriptedProvider(name, 'unavailable')]))
    const fallback = [vendor('b'), vendor('c'), vendor('d')]
    for (const [attempts, asked] of [
      [3, ['a', 'b', 'c']],
      [10, ['a', 'b', 'c', 'd']],
    ] as const) {
      const world = scenario({ routes: [route([vendor('a')], { attempts, fallback })], providers })
      await expect(world.router.infer('m', tensors)).rejects.toMatchObject({ code: 'unavailable' })
      expect(world.attempts.map(({ upstream }) => upstream.provider)).toEqual(asked)
    }
  })

  it('does not wait for a Retry-After', async () => {
    const limited = new ModelspineError('rate-limited', 'slow down', { retryAfterMs: 60_000 })
    const { router, clock } = twoVendors(limited)
    await expect(router.infer('m', tensors)).resolves.toMatchObject({ provider: 'b' })
    expect(clock.monotonic()).toBe(0)
  })

  it('passes a Retry-After on when there is no other upstream', async () => {
    const a = scriptedProvider('a', new ModelspineError('rate-limited', 'x', { retryAfterMs: 7000 }))
    const { router } = scenario({ routes: [route([vendor('a')])], providers: { a } })
    await expect(router.infer('m', tensors)).rejects.toMatchObject({ retryAfterMs: 7000 })
  })

  it('treats any other error than a ModelspineError as unavailable', async () => {
    const { router, a, world } = twoVendors('unavailable')
    a.infer = async () => {
      throw new RangeError('a bug')
    }
    await expect(router.infer('m', tensors)).resolves.toMatchObject({ provider: 'b' })
    expect(world.attempts[0]).toMatchObject({ code: 'unavailable' })
  })

  it('shows no credential and no request that a provider left in such an error', async () => {
    const { router, a, b } = twoVendors('unavailable')
    const bug = Object.assign(new RangeError('no answer of https://ann:pass-5e11@host/x?token=key-5e11'), {
      request: { headers: { authorization: 'Bearer head-5e11' } },
    })
    for (const each of [a, b]) {
      each.infer = async () => {
        throw bug
      }
    }
    const error: unknown = await router.infer('m', tensors).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', cause: { name: 'RangeError' } })
    expect(inspect(error, { depth: null })).not.toContain('5e11')
  })

  it('goes to another provider after auth, never to the same credentials', async () => {
    const a = scriptedProvider('a', 'auth')
    const b = scriptedProvider('b')
    const only = scenario({
      routes: [route([vendor('a', 1, 'one')], { fallback: [vendor('a', 1, 'two')] })],
      providers: { a },
    })
    await expect(only.router.infer('m', tensors)).rejects.toMatchObject({ code: 'auth' })
    const both = scenario({
      routes: [route([vendor('a', 1, 'one')], { fallback: [vendor('a', 1, 'two'), vendor('b')] })],
      providers: { a, b },
    })
    await expect(both.router.infer('m', tensors)).resolves.toMatchObject({ provider: 'b' })
  })

  it('goes to another model after context-length, never to the same model at another provider', async () => {
    const [a, b] = [scriptedProvider('a', 'context-length'), scriptedProvider('b')]
    const world = scenario({
      routes: [
        route([vendor('a', 1, 'small')], { fallback: [vendor('b', 1, 'small'), vendor('b', 1, 'large')] }),
      ],
      providers: { a, b },
    })
    await world.router.infer('m', tensors)
    expect(b.calls.map(({ request }) => request.model)).toEqual(['large'])
  })

  it('goes from a failed canary to the stable revision, never from the stable revision to a canary', async () => {
    for (const stable of ['r1', undefined]) {
      const view = deployment('churn', { r1: 90, r2: 10 }, stable === undefined ? {} : { stable })
      const world = scenario({ routes: [route([churn])], deployments: [view] })
      world.at('r2').script = 'unavailable'
      for (let round = 0; round < 100; round += 1) {
        expect(await world.router.infer('m', tensors)).toMatchObject({ revision: 'r1' })
      }
      expect(world.at('r2').calls.length).toBeGreaterThan(0)
      world.at('r2').script = 'ok'
      world.at('r1').script = 'unavailable'
      const before = world.at('r2').calls.length
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => world.router.infer('m', tensors)),
      )
      const served = outcomes.filter(({ status }) => status === 'fulfilled').length
      expect(world.at('r2').calls.length - before).toBe(served)
      expect(served).toBeLessThan(30)
    }
  })

  it('goes to the stable revision even when the canary has the larger weight', async () => {
    const view = deployment('churn', { r1: 5, r2: 95 }, { stable: 'r1' })
    const world = scenario({ routes: [route([churn])], deployments: [view] })
    world.at('r2').script = 'unavailable'
    expect(await world.router.infer('m', tensors)).toMatchObject({ revision: 'r1', attempts: 2 })
  })

  it('prefers the fallbacks, in their order, to another backend', async () => {
    const names = ['a', 'b', 'c', 'd'] as const
    const providers = Object.fromEntries(names.map((name) => [name, scriptedProvider(name)]))
    Object.assign(providers.a ?? {}, { script: 'unavailable' })
    const world = scenario({
      routes: [
        route([vendor('a'), vendor('b', 1e-12)], { fallback: [vendor('c'), vendor('d')] }),
        route([vendor('a'), vendor('b', 1e-12)], {}, { name: 'n' }),
      ],
      providers,
    })
    await expect(world.router.infer('m', tensors)).resolves.toMatchObject({ provider: 'c', attempts: 2 })
    await expect(world.router.infer('n', tensors)).resolves.toMatchObject({ provider: 'b', attempts: 2 })
    expect(providers.d?.calls).toHaveLength(0)
  })

  it('lets a request begin with the fallback when no backend is ready', async () => {
    const a = scriptedProvider('a')
    const world = scenario({ routes: [route([churn], { fallback: [vendor('a')] })], providers: { a } })
    expect(await world.router.infer('m', tensors)).toMatchObject({ provider: 'a', attempts: 1 })
  })
})
