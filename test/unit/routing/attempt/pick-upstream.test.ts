import { describe, expect, it } from 'vitest'
import { openInferenceProvider } from '../../../../adapters/open-inference/index.ts'
import { openaiCompatible } from '../../../../adapters/openai-compatible/index.ts'
import type { Decision } from '../../../../src/policy/contract.ts'
import { weightedStrategy } from '../../../../src/routing/strategies/weighted-strategy.ts'
import { secretOf } from '../../../../src/security/secret.ts'
import { deployment, route, scenario, scriptedProvider, vendor } from '../scenario.ts'

function twoVendors(options: Parameters<typeof scenario>[1] = {}) {
  const [a, b] = [scriptedProvider('a'), scriptedProvider('b')]
  return scenario(
    { routes: [route([vendor('a')], { fallback: [vendor('b')] })], providers: { a, b } },
    options,
  )
}

const chat = { operation: 'chat' } as const

describe('a picked upstream', () => {
  it('says whom to ask, and counts in telemetry as any other call', async () => {
    const world = scenario({
      routes: [route([{ deployment: 'churn', weight: 1 }])],
      deployments: [deployment('churn', { r1: 100 })],
    })
    const lease = await world.router.pick('m', { ...chat, callerId: 'mine', actor: { name: 'ann' } })
    const upstream = { deployment: 'default/churn', revision: 'r1', provider: 'test', model: 'churn' }
    expect(lease).toMatchObject({ upstream, address: 'r1', model: 'churn', attempts: 1 })
    expect([world.inFlight, await lease.target('{}')]).toEqual([1, undefined])
    await world.clock.advance(40)
    const facts = { usage: { outputTokens: 3 }, replyId: 'x', finishReasons: ['stop'] }
    lease.ended({ outcome: 'ok', callerMs: 15, ...facts })
    lease.ended({ outcome: 'aborted' })
    expect(world.attempts).toMatchObject([
      { kind: 'first', upstream, outcome: 'ok', durationMs: 25, ...facts },
    ])
    expect(world.requests).toMatchObject([
      { requestId: lease.requestId, callerId: 'mine', actor: { name: 'ann' }, outcome: 'ok', ...facts },
    ])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it.each([
    [{ status: 503 }, 'overloaded', 'b'],
    [{ status: 429 }, 'rate-limited', 'b'],
    [{ status: 500 }, 'unavailable', 'b'],
    // As a provider would say it: another model may take a longer request.
    [{ status: 413 }, 'context-length', 'b'],
    [{ status: 405 }, 'unsupported', 'b'],
    [{ code: 'timeout' }, 'timeout', 'b'],
    [{ status: 400 }, 'bad-request', undefined],
    [{ status: 418 }, 'bad-request', undefined],
  ] as const)('fails over after %j as the router does', async (failure, code, next) => {
    const world = twoVendors()
    const lease = await world.router.pick('m', chat)
    const other = lease.next(failure)
    expect(other?.upstream.provider).toBe(next)
    expect(world.attempts).toMatchObject([{ outcome: 'failed', code }])
    other?.ended({ outcome: 'failed', failure: { status: 500 } })
    expect(world.requests).toMatchObject([
      { outcome: 'failed', code: next === undefined ? code : 'unavailable' },
    ])
    expect(lease.next(failure)).toBeUndefined()
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('keeps nobody waiting for its target when the caller leaves', async () => {
    const slow = { ...scriptedProvider('a'), target: () => new Promise<never>(() => {}) }
    const world = scenario({ routes: [route([vendor('a')])], providers: { a: slow } })
    const caller = new AbortController()
    const lease = await world.router.pick('m', { ...chat, abortSignal: caller.signal })
    const target = lease.target('{}')
    caller.abort()
    await expect(target).rejects.toMatchObject({ code: 'aborted' })
    await expect(lease.target('{}')).rejects.toMatchObject({ code: 'aborted' })
  })

  it('leaves no timer when the caller leaves while the strategy hears of it', async () => {
    const caller = new AbortController()
    const strategy = { ...weightedStrategy(() => 0), began: () => caller.abort() }
    const world = twoVendors({ strategy })
    const lease = await world.router.pick('m', { ...chat, abortSignal: caller.signal })
    expect(lease.abortSignal.aborted).toBe(true)
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('is not replaced after output', async () => {
    const world = twoVendors()
    const lease = await world.router.pick('m', { ...chat, streamed: true })
    lease.output()
    expect(lease.next({ code: 'interrupted' })).toBeUndefined()
    expect(world.requests).toMatchObject([{ code: 'interrupted', attempts: 1 }])
  })

  it('is given back by itself: at the deadline, at the idle timeout, and when the caller leaves', async () => {
    const world = twoVendors()
    const silent = await world.router.pick('m', chat)
    await world.clock.advance(10_000)
    expect(silent.abortSignal.aborted).toBe(true)
    const streaming = await world.router.pick('m', { ...chat, streamed: true })
    streaming.output()
    await world.clock.advance(10_000)
    const caller = new AbortController()
    const left = await world.router.pick('m', { ...chat, abortSignal: caller.signal })
    caller.abort()
    expect(left.abortSignal.aborted).toBe(true)
    expect(world.requests.map(({ code }) => code)).toEqual(['timeout', 'timeout', 'aborted'])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('stays with a stream as long as output comes', async () => {
    const { timeout: _, ...spec } = route([vendor('a')], { timeouts: { idle: '5s' } }).spec
    const world = scenario({ routes: [{ ...route([]), spec }], providers: { a: scriptedProvider('a') } })
    const lease = await world.router.pick('m', { ...chat, streamed: true })
    for (let piece = 0; piece < 40; piece += 1) {
      lease.output()
      await world.clock.advance(4000)
    }
    expect(lease.abortSignal.aborted).toBe(false)
    await world.clock.advance(2000)
    expect(lease.abortSignal.aborted).toBe(true)
    expect(world.requests).toMatchObject([{ code: 'timeout' }])
  })

  it('has a cap on tokens only for a caller that applies it', async () => {
    const decision: Decision = {
      verdict: 'allow',
      findings: [],
      obligations: [{ kind: 'cap-tokens', maxOutputTokens: 9 }],
      policyRevision: '1',
      inputDigest: '',
    }
    const world = twoVendors({ policy: { decide: () => decision } })
    await expect(world.router.pick('m', chat)).rejects.toMatchObject({ code: 'policy-denied' })
    const lease = await world.router.pick('m', { ...chat, meets: ['cap-tokens'] })
    expect(lease.maxOutputTokens).toBe(9)
    lease.ended({ outcome: 'ok' })
    expect(world.inFlight).toBe(0)
  })
})

describe('the target of a picked upstream', () => {
  const context = {
    requestId: 'r',
    abortSignal: new AbortController().signal,
    headers: { traceparent: '00-1' },
  }
  const call = { operation: 'chat', model: 'm', streamed: false } as const

  it('is where the provider itself would send, with its credentials and the headers of the request', async () => {
    const provider = openaiCompatible({
      baseUrl: 'http://127.0.0.1:9/v1/',
      apiKey: secretOf('k-1'),
      headers: { 'openai-organization': 'o' },
    })
    expect(await provider.target(call, context)).toEqual({
      method: 'POST',
      url: 'http://127.0.0.1:9/v1/chat/completions',
      headers: {
        'content-type': 'application/json',
        'openai-organization': 'o',
        traceparent: '00-1',
        authorization: 'Bearer k-1',
      },
    })
    await expect(provider.target({ ...call, operation: 'infer' }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
    await provider.close()
    const inference = openInferenceProvider({ baseUrl: 'http://127.0.0.1:9' })
    expect(inference.target({ ...call, operation: 'infer' }, context)).toMatchObject({
      url: 'http://127.0.0.1:9/v2/models/m/infer',
      headers: { traceparent: '00-1' },
    })
    await inference.close()
  })
})
