import { describe, expect, it } from 'vitest'
import type { Cost, PricedModel, PriceTable } from '../../../src/cost/contract.ts'
import { priceTable } from '../../../src/cost/price-table.ts'
import { ModelspineError } from '../../../src/errors.ts'
import type { ChatEvent, Usage } from '../../../src/provider/contract.ts'
import type { RouterOptions } from '../../../src/routing/router.ts'
import { collect } from '../collect.ts'
import {
  finish,
  question,
  route,
  type Scenario,
  type Script,
  scenario,
  scriptedProvider,
  tensors,
  text,
  used,
  vendor,
} from './scenario.ts'

const prices = priceTable({
  prices: {
    a: { 'a-model': { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2.5 } },
    b: { 'b-model': { input: 20, output: 80 } },
  },
})
const ann = { name: 'ann' }
const micro = 1e6

/** A route of two vendors, of which the second is the fallback, at prices ten times as high. */
function priced(events: readonly (ChatEvent | Script)[] = [], options: Partial<RouterOptions> = {}) {
  const [a, b] = [scriptedProvider('a'), scriptedProvider('b')]
  if (events.length > 0) a.events = events
  const settled: (Cost | undefined)[] = []
  const world: Scenario = scenario(
    { routes: [route([vendor('a')], { fallback: [vendor('b')] })], providers: { a, b } },
    {
      prices,
      layers: { settlement: [{ settle: (_, { cost }) => void settled.push(cost) }] },
      ...options,
    },
  )
  return { world, a, b, settled }
}

/** A provider whose whole replies have this usage. */
function using(usage: Usage, options: Partial<RouterOptions> = {}) {
  const all = priced([], options)
  const { chat } = all.a
  all.a.chat = async (request, context) => {
    const reply = await chat?.(request, context)
    if (reply === undefined) throw new Error('no reply')
    return { ...reply, model: 'real-model', usage }
  }
  return all
}

describe('the cost of a request', () => {
  it('is told with the reply, to observers and to the layers of settlement', async () => {
    const { world, settled } = priced()
    const cost = {
      usd: 0.000014,
      picoUsd: 14 * micro,
      parts: { input: 6 * micro, output: 8 * micro },
      unknown: [],
    }
    expect((await world.router.chat('m', question)).cost).toEqual(cost)
    expect([world.attempts[0]?.cost, world.requests[0]?.cost, settled[0]]).toEqual([cost, cost, cost])
  })

  it('has cached tokens once', async () => {
    const { world } = using({
      inputTokens: 100,
      cacheReadTokens: 1000,
      cacheWriteTokens: 10,
      outputTokens: 1,
    })
    const { cost } = await world.router.chat('m', question)
    expect(cost?.parts).toEqual({
      input: 200 * micro,
      cacheRead: 500 * micro,
      cacheWrite: 25 * micro,
      output: 8 * micro,
    })
    expect(cost?.picoUsd).toBe(733 * micro)
  })

  it('is an estimate when the stream was cut', async () => {
    const { world, settled } = priced([text('x'.repeat(40)), 'interrupted'])
    const { events } = await world.router.chatStream('m', question)
    await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    expect(settled).toMatchObject([{ usd: 0.000082, estimated: true }])
    expect(world.requests[0]?.cost).toEqual(settled[0])
    expect(world.router.usage().total).toMatchObject({ calls: 1, estimated: 1, picoUsd: 82_000_000n })
  })

  it('has what the vendor told of a stream that its caller left after the finish', async () => {
    const { world } = priced([text('x'), finish, used({ inputTokens: 5, outputTokens: 1 }), text('')])
    const { events } = await world.router.chatStream('m', question)
    for (let read = 0; read < 3; read += 1) await events.next()
    await events.return?.()
    expect(world.requests).toMatchObject([{ outcome: 'aborted', cost: { usd: 0.000018 } }])
    expect(world.requests[0]?.cost).not.toHaveProperty('estimated')
  })

  it('has nothing of a call that failed', async () => {
    const { world, a, settled } = priced()
    a.script = 'bad-request'
    await expect(world.router.chat('m', question)).rejects.toMatchObject({ code: 'bad-request' })
    expect(world.attempts[0]).not.toHaveProperty('cost')
    expect(world.requests[0]).not.toHaveProperty('cost')
    expect(settled).toEqual([undefined])
    expect(world.router.usage().total).toMatchObject({ requests: 1, calls: 1, usd: 0, unknownCosts: 0 })
  })

  it('is that of the upstream which answered, when another one failed before', async () => {
    const { world, a } = priced()
    a.script = 'unavailable'
    const { cost, provider, attempts } = await world.router.chat('m', question)
    expect([provider, attempts, cost?.usd]).toEqual(['b', 2, 0.00014])
    expect(world.attempts.map((attempt) => attempt.cost?.usd)).toEqual([undefined, 0.00014])
    const { models } = world.router.usage()
    expect(models.entries).toMatchObject([
      { provider: 'a', model: 'a-model', calls: 1, requests: 0, usd: 0 },
      { provider: 'b', model: 'b-model', calls: 1, requests: 1, usd: 0.00014 },
    ])
  })

  it('also has what a vendor told of a call that failed before its first output', async () => {
    const { world } = priced([used({ inputTokens: 3 }), 'interrupted'])
    const { events } = await world.router.chatStream('m', question)
    await collect(events)
    expect(world.attempts.map(({ cost }) => cost?.picoUsd)).toEqual([6 * micro, 0])
    // The vendor of the whole stream told nothing.
    expect(world.requests[0]?.cost).toEqual({
      usd: undefined,
      picoUsd: 6 * micro,
      parts: { input: 6 * micro },
      unknown: ['usage'],
    })
    expect(world.router.usage().models.entries).toMatchObject([
      { provider: 'a', usd: 0.000006, unknownCosts: 0 },
      { provider: 'b', usd: 0, unknownCosts: 1 },
    ])
  })

  it('has the report of a gateway that sends requests itself', async () => {
    const { world } = priced()
    const first = await world.router.pick('m', { operation: 'chat', streamed: true })
    const second = first.next({ status: 503 })
    second?.ended({ outcome: 'ok', usage: { inputTokens: 1, outputTokens: 1 } })
    expect(world.requests[0]?.cost?.usd).toBe(0.0001)
  })

  it('is nothing for a reply from a cache', async () => {
    const upstream = { provider: 'a', model: 'a-model' }
    const cache = {
      find: () => ({ reply: { choices: [], usage: { inputTokens: 9 } }, upstream }),
      keep: () => {},
    }
    const { world } = priced([], { layers: { cache } })
    expect(await world.router.chat('m', question)).not.toHaveProperty('cost')
    expect(world.router.usage().total).toMatchObject({ requests: 1, calls: 0, usd: 0 })
  })

  it('is absent without a table of prices', async () => {
    const a = scriptedProvider('a')
    const world = scenario({ routes: [route([vendor('a')])], providers: { a } })
    expect(await world.router.chat('m', question)).not.toHaveProperty('cost')
    expect(world.attempts[0]).not.toHaveProperty('cost')
    expect(world.router.usage().total).toMatchObject({ usd: undefined, tokens: { inputTokens: 3 } })
  })
})

describe('the cost of a stream', () => {
  it('is given to its caller when the stream has ended, whoever asks and whenever', async () => {
    const { world } = priced([text('x'), finish, used({ inputTokens: 5, outputTokens: 1 })])
    const stream = await world.router.chatStream('m', question)
    const told: (Cost | undefined)[] = []
    const early = stream.cost().then((cost) => told.push(cost))
    await stream.events.next()
    expect(told).toEqual([])
    await collect(stream.events)
    await early
    expect(told).toMatchObject([{ usd: 0.000018, picoUsd: 18 * micro, unknown: [] }])
    expect(await stream.cost()).toEqual(told[0])
    expect(world.requests[0]?.cost).toEqual(told[0])
  })

  it('is what was billed by then, when the upstream cuts it', async () => {
    const { world } = priced([text('x'.repeat(40)), 'interrupted'])
    const { events, cost } = await world.router.chatStream('m', question)
    const early = cost()
    await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    expect(await early).toMatchObject({ usd: 0.000082, estimated: true })
    expect(await cost()).toEqual(world.requests[0]?.cost)
  })

  it('is what was billed by then, when its caller leaves or aborts it', async () => {
    const long = [text('x'.repeat(40)), text('y'), text('z'), finish]
    const left = priced(long)
    const early = await left.world.router.chatStream('m', question)
    await early.events.return?.()
    expect(await early.cost()).toMatchObject({ usd: 0.000082, estimated: true })

    const aborted = priced(long)
    const caller = new AbortController()
    const stream = await aborted.world.router.chatStream('m', question, { abortSignal: caller.signal })
    caller.abort()
    expect(await stream.cost()).toMatchObject({ usd: 0.000082, estimated: true })
  })

  it('is told when nobody reads the stream, after the time in which it must be read', async () => {
    const { world } = priced([text('x'.repeat(40)), text('y'), finish])
    const { cost } = await world.router.chatStream('m', question)
    const told = cost()
    await world.clock.advance(10 * 60_000)
    expect(world.requests).toMatchObject([{ outcome: 'failed', code: 'timeout' }])
    expect(await told).toMatchObject({ usd: 0.000082, estimated: true })
  })

  it('is the sum of all calls of the request', async () => {
    const { world, b } = priced([used({ inputTokens: 3 }), 'interrupted'])
    b.events = [text('x'), finish, used({ inputTokens: 1, outputTokens: 1 })]
    const { events, cost, attempts } = await world.router.chatStream('m', question)
    await collect(events)
    expect(attempts).toBe(2)
    expect(await cost()).toMatchObject({ usd: 0.000106, parts: { input: 26 * micro, output: 80 * micro } })
  })

  it('is that of the upstream also when a guardrail refuses what came', async () => {
    const guardrailsOut = [
      {
        checkReply: (_: unknown, reply: unknown) => reply,
        async *checkStream(_: unknown, pieces: AsyncIterable<unknown>) {
          for await (const piece of pieces) yield piece
          throw new ModelspineError('content-filter', 'no such end')
        },
      },
    ]
    const layers = { guardrailsOut }
    const { world } = priced([text('x'), finish, used({ inputTokens: 5, outputTokens: 1 })], { layers })
    const { events, cost } = await world.router.chatStream('m', question)
    await expect(collect(events)).rejects.toMatchObject({ code: 'content-filter' })
    expect(await cost()).toMatchObject({ usd: 0.000018 })
  })

  it('is undefined without a table of prices, at the end of the stream too', async () => {
    const a = scriptedProvider('a')
    const world = scenario({ routes: [route([vendor('a')])], providers: { a } })
    const { events, cost } = await world.router.chatStream('m', question)
    const told: (Cost | undefined)[] = []
    const early = cost().then((none) => told.push(none))
    await events.next()
    expect(told).toEqual([])
    await collect(events)
    await early
    expect([...told, await cost()]).toEqual([undefined, undefined])
  })
})

describe('a cost of which something is unknown', () => {
  it('names the classes without a price, and has the others', async () => {
    const usage = { inputTokens: 1, cacheReadTokens: 2, outputTokens: 3 }
    const own = priceTable({ prices: { a: { 'a-model': { input: 1, output: 1 } } } })
    const { world } = using(usage, { prices: own })
    const { cost } = await world.router.chat('m', question)
    expect(cost).toEqual({
      usd: undefined,
      picoUsd: 4 * micro,
      parts: { input: micro, output: 3 * micro },
      unknown: ['cacheRead'],
    })
  })

  it('names all classes of a model that the table does not know', async () => {
    const { world } = priced([], { prices: priceTable({ prices: {} }) })
    const { cost } = await world.router.chat('m', question)
    expect(cost).toEqual({ usd: undefined, picoUsd: 0, parts: {}, unknown: ['input', 'output'] })
    expect(world.router.usage().total).toMatchObject({ usd: 0, unknownCosts: 1 })
  })

  it('is that of a reply without usage, unless its price is by call', async () => {
    const { world } = priced()
    expect((await world.router.infer('m', tensors)).cost).toMatchObject({
      usd: undefined,
      unknown: ['usage'],
    })
    const byCall = priced([], { prices: priceTable({ prices: { a: { '*': { call: 0.02 } } } }) })
    expect((await byCall.world.router.infer('m', tensors)).cost).toMatchObject({
      usd: 0.02,
      parts: { call: 2e10 },
    })
  })

  it('is that of a table that throws, which disturbs no request', async () => {
    const broken: PriceTable = {
      priceOf() {
        throw new Error('no prices today')
      },
    }
    const { world } = priced([], { prices: priceTable({ fallback: broken }) })
    const { reply, cost } = await world.router.chat('m', question)
    expect(reply.choices).toHaveLength(1)
    expect(cost).toMatchObject({ usd: undefined, unknown: ['usage'] })
    expect(world.router.observerFailures).toBe(1)
  })
})

describe('the price of a call', () => {
  it('is looked for by the name that was asked for, and else by the one in the reply', async () => {
    const asked: PricedModel[] = []
    const known = (names: readonly string[]): PriceTable => ({
      priceOf(model) {
        asked.push(model)
        return names.includes(model.model)
          ? { currency: 'USD', source: model.model, input: model.model === 'a-model' ? 1 : 2 }
          : undefined
      },
    })
    const usage = { inputTokens: 1 }
    const costs = [['a-model', 'real-model'], ['real-model'], []].map(async (names) => {
      const { world } = using(usage, { prices: priceTable({ fallback: known(names) }) })
      return (await world.router.chat('m', question)).cost?.picoUsd
    })
    expect(await Promise.all(costs)).toEqual([micro, 2 * micro, 0])
    expect(asked.map(({ model }) => model).sort()).toEqual([
      ...Array(3).fill('a-model'),
      ...Array(2).fill('real-model'),
    ])
  })
})

describe('the usage of a router', () => {
  it('is by route, by model and by actor', async () => {
    const { world } = priced()
    await world.router.chat('m', question, { actor: ann })
    await world.router.chat('m', question)
    const usage = world.router.usage()
    expect(usage.sinceMs).toBe(world.clock.now())
    expect(usage.routes.entries).toMatchObject([{ route: 'default/m', requests: 2, calls: 2, usd: 0.000028 }])
    expect(usage.models.entries).toMatchObject([{ provider: 'a', model: 'a-model', requests: 2 }])
    expect(usage.actors.entries).toMatchObject([
      { actor: 'ann', usd: 0.000014, tokens: { inputTokens: 3, outputTokens: 1 } },
      { actor: 'anonymous', usd: 0.000014 },
    ])
    expect(usage.total).toMatchObject({ requests: 2, calls: 2, usd: 0.000028, unknownCosts: 0, estimated: 0 })
  })

  it('counts requests that reached no upstream', async () => {
    const a = scriptedProvider('a')
    const policy = {
      decide: () =>
        ({ verdict: 'deny', findings: [], obligations: [], policyRevision: '', inputDigest: '' }) as const,
    }
    const world = scenario({ routes: [route([vendor('a')])], providers: { a } }, { policy })
    await expect(world.router.chat('m', question, { actor: ann })).rejects.toMatchObject({
      code: 'policy-denied',
    })
    const { total, models, actors } = world.router.usage()
    expect([total.requests, total.calls, models.entries]).toEqual([1, 0, []])
    expect(actors.entries).toMatchObject([{ actor: 'ann', requests: 1 }])
  })

  it('has a bound that is an option', async () => {
    const { world } = priced([], { maxUsageNames: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await world.router.chat('m', question, { actor: { name } })
      await world.clock.advance(1)
    }
    const { actors } = world.router.usage()
    expect(actors.entries.map(({ actor }) => actor)).toEqual(['d', 'e'])
    expect(actors.others.requests).toBe(3)
    for (const maxUsageNames of [0, 1.5, Number.NaN])
      expect(() => priced([], { maxUsageNames })).toThrow(`maxUsageNames is ${maxUsageNames}`)
  })
})
