/** Everything here is made as somebody outside makes it: through the doors, without a file of `src/routing`. */
import type { CallContext, ModelProvider } from 'modelspine/adapter'
import { ModelspineError } from 'modelspine/adapter'
import {
  type AttemptRecord,
  createRouter,
  type Layers,
  type Operation,
  type ReplyGuardrail,
  type RequestRecord,
  type RouterOptions,
  type RoutingStrategy,
  staticRoutes,
  type Upstream,
} from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'

interface Ranking {
  readonly query: string
  readonly texts: readonly string[]
  readonly most?: number
}

interface Ranked {
  readonly id: string
  readonly order: readonly number[]
  readonly read: number
}

type Bit = { readonly place: number } | 'end'

interface RankProvider extends ModelProvider {
  rank(request: Ranking & { readonly model: string }, context: CallContext): Promise<Ranked>
  rankStream(request: Ranking & { readonly model: string }, context: CallContext): AsyncIterable<Bit>
}

const canRank = (provider: ModelProvider): provider is RankProvider => 'rank' in provider
const canStream = (provider: ModelProvider): provider is RankProvider => 'rankStream' in provider

const rank: Operation<Ranking, Ranked, Bit> = {
  name: 'acme.rank',
  send: (provider, request, model, context) =>
    canRank(provider) ? provider.rank({ ...request, model }, context) : undefined,
  note(reply, notes) {
    notes.replyId = reply.id
    notes.usage = { inputTokens: reply.read }
    notes.finishReasons = ['ranked']
  },
  stream: {
    send: (provider, request, model, context) =>
      canStream(provider) ? provider.rankStream({ ...request, model }, context) : undefined,
    note(bit, notes) {
      notes.hasOutput = true
      notes.isComplete = bit === 'end'
    },
    end: 'marked',
  },
  capTokens: (request, most) => ({ ...request, most }),
  estimateTokens: ({ texts }) => texts.length,
  needs: ({ texts }) => (texts.length > 2 ? ['many'] : []),
}

function ranker(
  name: string,
  order: () => readonly number[] = () => [1, 0],
): RankProvider & { asked: Ranking[] } {
  const asked: Ranking[] = []
  return {
    name,
    asked,
    capabilities: { operations: ['acme.rank'], streaming: true, dialects: [] },
    async rank(request) {
      asked.push(request)
      return { id: `${name}-1`, order: order(), read: request.texts.length }
    },
    async *rankStream(request) {
      asked.push(request)
      for (const place of order()) yield { place }
      yield 'end'
    },
  }
}

function ranking(providers: Readonly<Record<string, ModelProvider>>, options: Partial<RouterOptions> = {}) {
  const table = staticRoutes({
    providers,
    routes: [
      {
        metadata: { name: 'rank' },
        spec: {
          operations: ['acme.rank'],
          backends: Object.keys(providers).map((provider) => ({ provider, model: 'r' })),
        },
      },
    ],
  })
  return createRouter({ table, ...options })
}

const question: Ranking = { query: 'cat', texts: ['dog', 'kitten', 'hat'] }

describe('an operation from outside', () => {
  it('is routed, streamed, failed over, capped and recorded like any other', async () => {
    const attempts: AttemptRecord[] = []
    const broken = ranker('broken', () => {
      throw new ModelspineError('overloaded', 'busy')
    })
    const { rank: _, ...streamsOnly } = ranker('plain')
    const cap = { kind: 'cap-tokens', maxOutputTokens: 7 } as const
    const router = ranking(
      { broken, plain: streamsOnly, good: ranker('good') },
      {
        strategy: inOrder(),
        observers: [{ started: () => ({ attempted: (record) => void attempts.push(record) }) }],
        policy: {
          decide: () => ({
            verdict: 'allow',
            findings: [],
            obligations: [cap],
            policyRevision: '1',
            inputDigest: '',
          }),
        },
      },
    )
    const whole = await router.run(rank, 'rank', question)
    expect([whole.provider, whole.attempts]).toEqual(['good', 3])
    const { events, provider } = await router.open(rank, 'rank', question)
    const bits: Bit[] = []
    for await (const bit of events) bits.push(bit)
    expect([provider, bits]).toEqual(['plain', [{ place: 1 }, { place: 0 }, 'end']])
    expect(broken.asked[0]).toMatchObject({ model: 'r', most: 7 })
    const { reply } = await ranking({ good: ranker('good') }, { observers: [] }).run(rank, 'rank', question)
    expect(reply.order).toEqual([1, 0])
    expect(attempts.map(({ operation, kind, code }) => [operation, kind, code])).toEqual([
      ['acme.rank', 'first', 'overloaded'],
      ['acme.rank', 'failover', 'unsupported'],
      ['acme.rank', 'failover', undefined],
      ['acme.rank', 'first', 'overloaded'],
      ['acme.rank', 'failover', undefined],
    ])
  })
})

interface SpeakProvider extends ModelProvider {
  speak(form: FormData, context: CallContext): AsyncIterable<Uint8Array>
}

/** A form in, bytes out. The form's file can be read only once, so it is never sent again. */
const speak: Operation<{ readonly form: FormData; readonly isRead: () => boolean }, never, Uint8Array> = {
  name: 'acme.speak',
  stream: {
    send: (provider, { form }, model, context) => {
      form.set('model', model)
      return 'speak' in provider ? (provider as SpeakProvider).speak(form, context) : undefined
    },
    note(bytes, notes) {
      notes.hasOutput ||= bytes.byteLength > 0
    },
    end: 'transport',
  },
  isRepeatable: ({ isRead }) => !isRead(),
}

describe('an operation with a form and bytes', () => {
  const speaker = (
    name: string,
    bytes: readonly number[] | ModelspineError,
    read = () => {},
  ): SpeakProvider => ({
    name,
    capabilities: { operations: ['acme.speak'], streaming: true, dialects: [] },
    async *speak(form) {
      read()
      if (bytes instanceof ModelspineError) throw bytes
      for (const each of bytes) yield Uint8Array.of(each, String(form.get('model')).length)
    },
  })
  const speaking = (providers: Readonly<Record<string, ModelProvider>>) => {
    const backends = Object.keys(providers).map((provider) => ({ provider, model: 'voice' }))
    const [first, ...fallback] = backends
    const spec = { operations: ['acme.speak' as const], backends: first ? [first] : [], fallback }
    return createRouter({ table: staticRoutes({ providers, routes: [{ metadata: { name: 'v' }, spec }] }) })
  }

  it('is streamed until the transport ends', async () => {
    const router = speaking({ a: speaker('a', [1, 2]) })
    const { events } = await router.open(speak, 'v', { form: new FormData(), isRead: () => false })
    const bytes: number[] = []
    for await (const piece of events) bytes.push(...piece)
    expect(bytes).toEqual([1, 5, 2, 5])
  })

  it('is sent again only if the form has not been read', async () => {
    const busy = new ModelspineError('overloaded', 'busy')
    for (const reads of [false, true]) {
      let isRead = false
      const read = (): void => {
        isRead = reads
      }
      const router = speaking({ a: speaker('a', busy, read), b: speaker('b', [1]) })
      const call = router.open(speak, 'v', { form: new FormData(), isRead: () => isRead })
      if (reads) await expect(call).rejects.toMatchObject({ code: 'overloaded' })
      else expect(await call).toMatchObject({ provider: 'b' })
    }
  })
})

/** A strategy without state: the first upstream that was not tried. */
function inOrder(): RoutingStrategy {
  return {
    pick: ({ backends }, _request, tried) =>
      backends
        .flatMap(({ upstreams }) => upstreams)
        .find((upstream) => tried.every((each) => each.upstream !== upstream)),
  }
}

/** A strategy with state: whoever has been asked least, counted by its own numbers. */
function leastAsked(counts: Map<string, { began: number; ended: number }>): RoutingStrategy {
  const countOf = ({ id }: Upstream) => {
    const count = counts.get(id) ?? { began: 0, ended: 0 }
    counts.set(id, count)
    return count
  }
  return {
    pick: ({ backends }, request, tried) => {
      expect(request).toMatchObject({
        operation: 'acme.rank',
        actor: { name: 'ann' },
        tags: { tier: 'gold' },
        stickyKey: 'talk-1',
        estimatedTokens: 3,
        needs: ['many'],
        streamed: false,
      })
      const free = backends
        .flatMap(({ upstreams }) => upstreams)
        .filter((upstream) => tried.every((each) => each.upstream !== upstream))
      return free.sort((one, other) => countOf(one).began - countOf(other).began)[0]
    },
    began(upstream) {
      countOf(upstream).began += 1
    },
    ended(upstream, { outcome }) {
      if (outcome === 'ok') countOf(upstream).ended += 1
    },
  }
}

describe('a strategy from outside', () => {
  it('sees the request, and keeps its own state by what began and ended', async () => {
    const counts = new Map<string, { began: number; ended: number }>()
    const router = ranking({ a: ranker('a'), b: ranker('b') }, { strategy: leastAsked(counts) })
    const call = { actor: { name: 'ann' }, tags: { tier: 'gold' }, stickyKey: 'talk-1' }
    for (let asked = 0; asked < 6; asked += 1) await router.run(rank, 'rank', question, call)
    expect(Object.fromEntries(counts)).toEqual({
      'provider a r': { began: 3, ended: 3 },
      'provider b r': { began: 3, ended: 3 },
    })
  })

  it('cannot ask an upstream that a failure reaches', async () => {
    const stubborn: RoutingStrategy = { pick: ({ backends }) => backends[0]?.upstreams[0] }
    const a = ranker('a', () => {
      throw new ModelspineError('unavailable', 'down')
    })
    const router = ranking({ a, b: ranker('b') }, { strategy: stubborn })
    await expect(router.run(rank, 'rank', question)).rejects.toMatchObject({ code: 'unavailable' })
    expect(a.asked).toHaveLength(1)
  })
})

/** A layer in every place, which notes when it was asked. */
function everyLayer(heard: string[], late: boolean): Layers & Pick<RouterOptions, 'policy'> {
  const kept = new Map<string, never>()
  const answer = <Value>(what: string, value: Value): Value | Promise<Value> => {
    heard.push(what)
    return late ? Promise.resolve(value) : value
  }
  return {
    policy: {
      decide: () =>
        answer('policy', {
          verdict: 'allow',
          findings: [],
          obligations: [],
          policyRevision: '1',
          inputDigest: '',
        } as const),
    },
    guardrailsIn: [
      {
        checkRequest: ({ body, decision }) => {
          if ((body as Ranking).query === 'attack') throw new ModelspineError('content-filter', 'no')
          return answer(`in after ${decision?.verdict}`, { ...(body as Ranking), query: 'safe' })
        },
      },
    ],
    cache: {
      find: ({ body }) => answer('cache', kept.get((body as Ranking).texts.join())),
      keep({ body }, reply) {
        heard.push('keep')
        kept.set((body as Ranking).texts.join(), reply as never)
      },
    },
    budgets: [
      {
        reserve: () => answer('reserve', undefined),
        settle: (_request, { usage }: RequestRecord) => void heard.push(`settle ${usage.inputTokens}`),
      },
    ],
    guardrailsOut: [
      {
        checkReply: (_request, reply) => answer('out', { ...(reply as Ranked), order: [0] }),
        async *checkStream(_request, pieces) {
          heard.push('out')
          for await (const piece of pieces) {
            if ((piece as { place?: number }).place === 9) throw new ModelspineError('content-filter', 'nine')
            yield piece
          }
        },
      },
    ],
    settlement: [
      {
        settle: (_request, { outcome, code }: RequestRecord) => void heard.push(code ?? outcome),
      },
    ],
  }
}

describe('layers from outside', () => {
  for (const late of [false, true]) {
    it(`stand in their order${late ? ', when they answer late' : ''}`, async () => {
      const heard: string[] = []
      const { policy, ...layers } = everyLayer(heard, late)
      const a = ranker('a')
      const router = ranking({ a }, { layers, ...(policy && { policy }) })
      expect((await router.run(rank, 'rank', question)).reply.order).toEqual([0])
      const before = ['policy', 'in after allow', 'cache']
      expect(heard.splice(0)).toEqual([...before, 'reserve', 'keep', 'out', 'settle 3', 'ok'])
      expect(a.asked[0]).toMatchObject({ query: 'safe' })

      expect(await router.run(rank, 'rank', question)).toMatchObject({
        attempts: 0,
        provider: 'a',
        reply: { order: [0] },
      })
      expect([a.asked.length, heard.splice(0)]).toEqual([1, [...before, 'out', 'ok']])

      await expect(router.run(rank, 'rank', { query: 'attack', texts: [] })).rejects.toMatchObject({
        code: 'content-filter',
      })
      expect(heard.splice(0)).toEqual(['policy', 'content-filter'])
      await expect(router.pick('rank', { operation: 'acme.rank' })).rejects.toMatchObject({
        code: 'unsupported',
      })
    })
  }

  it('hold back and end a stream, and the request ends when the guardrail has let the end through', async () => {
    const heard: string[] = []
    const { policy: _, ...layers } = everyLayer(heard, false)
    const fine = await ranking({ a: ranker('a') }, { layers }).open(rank, 'rank', question)
    const bits: Bit[] = []
    for await (const bit of fine.events) bits.push(bit)
    expect(bits).toHaveLength(3)
    expect(heard.splice(0)).toEqual(['in after undefined', 'reserve', 'out', 'settle undefined', 'ok'])

    const bad = await ranking({ a: ranker('a', () => [1, 9]) }, { layers }).open(rank, 'rank', question)
    await bad.events.next()
    await expect(bad.events.next()).rejects.toMatchObject({ code: 'content-filter' })
    expect(heard.splice(0)).toEqual([
      'in after undefined',
      'reserve',
      'out',
      'settle undefined',
      'content-filter',
    ])

    const left = await ranking({ a: ranker('a') }, { layers }).open(rank, 'rank', question)
    await left.events.return?.()
    expect(heard.at(-1)).toBe('aborted')
    expect(await left.events.next()).toEqual({ done: true, value: undefined })
  })

  it('that hang in a stream keep no caller who leaves waiting', async () => {
    const hang: ReplyGuardrail = {
      checkReply: (_request, reply) => reply,
      async *checkStream(_request, pieces) {
        for await (const piece of pieces) {
          yield piece
          await new Promise(() => {})
        }
      },
    }
    const caller = new AbortController()
    const router = ranking({ a: ranker('a') }, { layers: { guardrailsOut: [hang] } })
    const { events } = await router.open(rank, 'rank', question, { abortSignal: caller.signal })
    await events.next()
    const next = events.next()
    caller.abort()
    await expect(next).rejects.toMatchObject({ code: 'aborted' })
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  it.each(['before', 'after'])('that hang %s the end of a stream are bounded by idle', async (place) => {
    const hang: ReplyGuardrail = {
      checkReply: (_request, reply) => reply,
      async *checkStream(_request, pieces) {
        for await (const piece of pieces) {
          yield piece
          if (place === 'before') await new Promise(() => {})
        }
        await new Promise(() => {})
      },
    }
    const clock = createFakeClock()
    const router = ranking({ a: ranker('a') }, { clock, layers: { guardrailsOut: [hang] } })
    const { events } = await router.open(rank, 'rank', question)
    for (let read = place === 'before' ? 1 : 3; read > 0; read -= 1) await events.next()
    const told = expect(events.next()).rejects.toMatchObject({ code: 'timeout' })
    await clock.advance(120_000)
    await told
    expect([router.table?.find('rank')?.load.inFlight, clock.pendingTimers]).toEqual([0, 0])
  })
})
