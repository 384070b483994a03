import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createRouter, type RouterOptions } from '../../../src/routing/router.ts'
import { weightedStrategy } from '../../../src/routing/strategies/weighted-strategy.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { deployment, question, route, scenario, scriptedProvider, tensors, vendor } from './scenario.ts'

const churn = { deployment: 'churn', weight: 1 }
const served = (): ReturnType<typeof scenario> =>
  scenario({ routes: [route([churn])], deployments: [deployment('churn', { r1: 100 })] })

describe('the options of a router', () => {
  const table = { current: undefined }
  it.each([
    [{}, 'table is missing: give an object'],
    [{ tabel: table }, 'tabel is not an option. Did you mean "table"?'],
    [{ table, price: {} }, 'price is not an option. Did you mean "prices"?'],
    [{ table, prices: { openai: {} } }, 'prices is an object: give an object with the method costOf'],
    [{ table, strategy: weightedStrategy }, 'strategy is a function: give an object with the method pick'],
    [{ table, observers: {} }, 'observers is an object: give a list'],
    [{ table, policy: () => {} }, 'policy is a function: give an object with the method decide'],
  ])('are refused: %j', (options, message) => {
    expect(() => createRouter(options as unknown as RouterOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
    )
  })
})

describe('the router', () => {
  it('says which upstream served, and calls observers once per attempt and once per request', async () => {
    const world = served()
    const { reply, ...who } = await world.router.chat('m', question, { callerId: 'id-1' })
    const { requestId } = who
    expect(requestId).not.toBe('id-1')
    expect(who).toEqual({
      requestId,
      callerId: 'id-1',
      deployment: 'default/churn',
      revision: 'r1',
      provider: 'test',
      model: 'churn',
      attempts: 1,
    })
    expect(reply.choices[0]?.content).toEqual([{ type: 'text', text: 'test' }])
    const upstream = { deployment: 'default/churn', revision: 'r1', provider: 'test', model: 'churn' }
    const usage = { inputTokens: 3, outputTokens: 1 }
    const facts = { replyId: 'x', replyModel: 'test', finishReasons: ['stop'] }
    expect(world.attempts).toEqual([
      {
        requestId,
        callerId: 'id-1',
        kind: 'first',
        route: 'default/m',
        actor: { name: 'anonymous' },
        upstream,
        operation: 'chat',
        startedAtMs: world.clock.now(),
        endedAtMs: world.clock.now(),
        durationMs: 0,
        outcome: 'ok',
        usage,
        ...facts,
      },
    ])
    expect(world.requests).toMatchObject([
      {
        requestId,
        callerId: 'id-1',
        actor: { name: 'anonymous' },
        route: 'default/m',
        upstream,
        attempts: 1,
        outcome: 'ok',
        usage,
        ...facts,
      },
    ])
  })

  it('gives observers the reply of an infer, but of no other operation', async () => {
    const world = served()
    const { reply } = await world.router.infer('m', tensors)
    await world.router.chat('m', question)
    await world.router.embed('m', { input: ['a'] })
    expect(world.attempts.map((record) => record.reply)).toEqual([reply, undefined, undefined])
  })

  it('names the model as the upstream names it', async () => {
    const a = scriptedProvider('a')
    const world = scenario({ routes: [route([vendor('a', 1, 'big-1')])], providers: { a } })
    await world.router.infer('m', tensors)
    expect(a.calls[0]?.request).toEqual({ ...tensors, model: 'big-1' })
  })

  it('gives each request an id of its own when the caller gives no id', async () => {
    const world = served()
    const ids = [await world.router.infer('m', tensors), await world.router.infer('m', tensors)].map(
      ({ requestId }) => requestId,
    )
    expect(new Set(ids).size).toBe(2)
  })

  it('refuses an unknown route, an operation that is not offered and a route without backends', async () => {
    const world = scenario({
      routes: [route([churn], { operations: ['infer'] })],
      deployments: [deployment('churn', { r1: 100 }, { endpoints: [] })],
    })
    await expect(world.router.infer('x', tensors)).rejects.toMatchObject({ code: 'no-route' })
    const long = await world.router.infer('x'.repeat(1_000_000), tensors).catch((error: unknown) => error)
    expect([JSON.stringify(long).length, String(long).length].every((length) => length < 1000)).toBe(true)
    await expect(world.router.chat('m', question)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'route default/m does not offer chat, only infer',
    })
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({
      code: 'no-backend',
      retryable: true,
    })
    expect(world.requests.map(({ code, attempts }) => [code, attempts])).toEqual([
      ['unsupported', 0],
      ['no-backend', 0],
    ])
  })

  it('refuses every request before a table is loaded', async () => {
    const router = createRouter({ table: { current: undefined }, clock: createFakeClock() })
    expect(router.table).toBeUndefined()
    await expect(router.infer('m', tensors)).rejects.toMatchObject({ code: 'no-backend', retryable: true })
  })

  it('sends the headers of the caller and of observers along', async () => {
    const a = scriptedProvider('a')
    const traced = { started: () => ({ headers: { traceparent: '00-1' } }) }
    const world = scenario(
      { routes: [route([vendor('a')])], providers: { a } },
      { observers: [traced, { started: () => undefined }] },
    )
    await world.router.infer('m', tensors, { headers: { tenant: 't' } })
    expect(a.calls[0]?.context.headers).toEqual({ tenant: 't', traceparent: '00-1' })
  })

  it('counts observers that throw, and still answers', async () => {
    const fail = (): never => {
      throw new Error('an observer failed')
    }
    const world = scenario(
      { routes: [route([churn])], deployments: [deployment('churn', { r1: 100 })] },
      {
        observers: [
          { started: fail },
          { started: () => ({ attempted: fail, finished: fail }) },
          {
            started: () => ({
              get headers() {
                return fail()
              },
            }),
          },
        ],
      },
    )
    await expect(world.router.infer('m', tensors)).resolves.toMatchObject({ attempts: 1 })
    expect(world.router.observerFailures).toBe(4)
  })

  it('counts what rejects after it was told, too, so that no rejection ends the host', async () => {
    const reject = async (): Promise<never> => {
      throw new Error('the store is gone')
    }
    const world = scenario(
      { routes: [route([churn])], deployments: [deployment('churn', { r1: 100 })] },
      {
        observers: [{ started: () => ({ attempted: reject, finished: reject }) }],
        layers: {
          cache: { find: () => undefined, keep: reject },
          budgets: [{ reserve: () => {}, settle: reject }],
          settlement: [{ settle: reject }],
        },
      },
    )
    await expect(world.router.infer('m', tensors)).resolves.toMatchObject({ attempts: 1 })
    await new Promise(setImmediate)
    expect(world.router.observerFailures).toBe(5)
  })

  it('lets a request keep its table when a new table is loaded', async () => {
    const world = served()
    world.at('r1').script = 'hang'
    const caller = new AbortController()
    const call = world.router.infer('m', tensors, { abortSignal: caller.signal })
    world.load({})
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({ code: 'no-route' })
    caller.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('the deadline', () => {
  it('covers all attempts together, and ends the request when upstreams ignore their abortSignal', async () => {
    const [a, b] = [scriptedProvider('a', 'hang'), scriptedProvider('b', 'hang')]
    const world = scenario({
      routes: [route([vendor('a')], { timeout: '2s', fallback: [vendor('b')] })],
      providers: { a, b },
    })
    const call = world.router.infer('m', tensors)
    call.catch(() => {})
    await world.clock.advance(1999)
    expect(world.requests).toHaveLength(0)
    await world.clock.advance(1)
    await expect(call).rejects.toMatchObject({ code: 'timeout', details: { timeoutMs: 2000 } })
    expect([a, b].map(({ calls }) => calls[0]?.context.abortSignal.aborted)).toEqual([true, true])
    expect(world.attempts).toMatchObject([
      { kind: 'first', outcome: 'failed', code: 'timeout', durationMs: 1000 },
      { kind: 'failover', outcome: 'failed', code: 'timeout', durationMs: 1000 },
    ])
    expect(world.requests).toMatchObject([{ outcome: 'failed', code: 'timeout', durationMs: 2000 }])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('leaves no timer after an answer', async () => {
    const world = served()
    await world.router.infer('m', tensors)
    expect(world.clock.pendingTimers).toBe(0)
  })
})

describe("the caller's abort", () => {
  it('reaches the provider and counts as no failure', async () => {
    const world = served()
    world.at('r1').script = 'hang'
    const caller = new AbortController()
    const call = world.router.infer('m', tensors, { abortSignal: caller.signal })
    await world.clock.advance(5)
    caller.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    expect(world.at('r1').calls[0]?.context.abortSignal.aborted).toBe(true)
    expect(world.attempts).toMatchObject([{ outcome: 'aborted', code: 'aborted' }])
    expect(world.requests).toMatchObject([{ outcome: 'aborted' }])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('leaves no listener on an abortSignal that outlives the request', async () => {
    const world = served()
    const { signal } = new AbortController()
    await world.router.infer('m', tensors, { abortSignal: signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('lets no upstream be asked when it came before the request', async () => {
    const world = served()
    await expect(
      world.router.infer('m', tensors, { abortSignal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(world.at('r1').calls).toHaveLength(0)
    expect(world.requests).toHaveLength(1)
  })
})
