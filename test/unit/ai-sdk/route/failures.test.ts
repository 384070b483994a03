import { APICallError, type LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { embedMany, generateText, streamText } from 'ai'
import { MockEmbeddingModelV4, MockLanguageModelV4 } from 'ai/test'
import { embeddingModel, fromAiSdk, languageModel, type RouteCallError } from 'modelspine/ai-sdk'
import type { AttemptRecord } from 'modelspine/routing'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, ModelspineError } from '../../../../src/errors.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { modelOf, partsFrom, routerOver, says } from './route-world.ts'

const failing = (code: ErrorCode, retryAfterMs?: number) => {
  const asked = { times: 0 }
  const fail = (): never => {
    asked.times += 1
    const told = retryAfterMs === undefined ? {} : { retryAfterMs }
    throw new ModelspineError(code, `fails with ${code}`, {
      ...told,
      details: { status: 1 },
      cause: new Error('why'),
    })
  }
  return { asked, provider: memoryProvider({ chat: fail, chatStream: fail, embed: fail }) }
}

const modelUsage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}
const finish: LanguageModelV4StreamPart = {
  type: 'finish',
  usage: modelUsage,
  finishReason: { unified: 'stop', raw: 'x' },
}
const broken: readonly LanguageModelV4StreamPart[] = [
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Half' },
]

describe('a request of a route that fails', () => {
  it.each<[ErrorCode, number | undefined, boolean]>([
    ['rate-limited', undefined, true],
    ['rate-limited', 5, true],
    ['overloaded', undefined, true],
    ['not-ready', undefined, true],
    ['unavailable', undefined, false],
    ['unavailable', 5, true],
    ['timeout', undefined, false],
    ['malformed-reply', undefined, false],
    ['auth', 5, false],
    ['bad-request', undefined, false],
    ['context-length', undefined, false],
  ])(
    'is an error that the AI SDK repeats only where waiting helps: %s, %s ms',
    async (code, afterMs, isRetryable) => {
      const { provider } = failing(code, afterMs)
      const router = routerOver([provider])
      const model = languageModel(router, 'app')
      for (const asked of [model.doGenerate(says('Hi')), model.doStream(says('Hi'))]) {
        const error: unknown = await Promise.resolve(asked).catch((thrown: unknown) => thrown)
        expect(APICallError.isInstance(error)).toBe(true)
        expect(error).toMatchObject({ code, isRetryable, url: 'modelspine:route/app' })
        const { details, responseHeaders, cause, requestBodyValues } = error as RouteCallError
        const attempts = [{ provider: 'memory', model: 'm', code }]
        expect(details).toEqual({ status: 1, route: 'app', requestId: expect.any(String), attempts })
        expect(responseHeaders).toEqual(afterMs === undefined ? undefined : { 'retry-after-ms': '5' })
        expect(cause).toMatchObject({ message: 'why' })
        expect(requestBodyValues).toBeUndefined()
      }
    },
  )

  it('is repeated by the AI SDK after the time that was told, and else not at all', async () => {
    const waits = failing('rate-limited', 1)
    const model = languageModel(routerOver([waits.provider]), 'app')
    await expect(generateText({ model, prompt: 'Hi', maxRetries: 2 })).rejects.toMatchObject({
      reason: 'maxRetriesExceeded',
    })
    expect(waits.asked.times).toBe(3)
    const dead = failing('unavailable')
    const other = languageModel(routerOver([dead.provider, failing('timeout').provider]), 'app')
    await expect(generateText({ model: other, prompt: 'Hi' })).rejects.toMatchObject({ code: 'timeout' })
    expect(dead.asked.times).toBe(1)
    const embeds = embeddingModel(routerOver([dead.provider]), 'app')
    await expect(embedMany({ model: embeds, values: ['a'] })).rejects.toMatchObject({ code: 'unavailable' })
    expect(dead.asked.times).toBe(2)
  })

  it('moves on to the next upstream, and says how many were asked', async () => {
    const ok = fromAiSdk(modelOf([], { content: [{ type: 'text', text: 'ok' }] }))
    const model = languageModel(routerOver([failing('unavailable').provider, ok]), 'app')
    const { providerMetadata } = await model.doGenerate(says('Hi'))
    expect(providerMetadata?.modelspine).toMatchObject({ provider: 'mock.chat', attempts: 2 })
  })

  it('ends a stream with one error after output, and moves on before it', async () => {
    const error: LanguageModelV4StreamPart = {
      type: 'error',
      error: { message: 'too busy', type: 'overloaded_error' },
    }
    const after = languageModel(routerOver([fromAiSdk(modelOf([...broken, error]))]), 'app')
    const parts = await partsFrom(after, says('Hi'))
    expect(parts.slice(0, -1)).toEqual(broken)
    expect(parts.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'overloaded', details: { route: 'app' } },
    })

    const first = fromAiSdk(modelOf([{ type: 'stream-start', warnings: [] }, error]))
    const second = fromAiSdk(modelOf([...broken, finish]))
    const seen: string[] = []
    const both = languageModel(routerOver([first, second]), 'app')
    for await (const part of streamText({ model: both, prompt: 'Hi' }).stream) seen.push(part.type)
    expect(seen).not.toContain('error')
    expect((await partsFrom(both, says('Hi'))).filter(({ type }) => type === 'stream-start')).toEqual([])
  })

  it('says that a stream without a finish was interrupted', async () => {
    const model = languageModel(routerOver([fromAiSdk(modelOf(broken))]), 'app')
    expect((await partsFrom(model, says('Hi'))).at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'interrupted' },
    })
  })

  it('is none when the finish of its stream has come already, whatever comes then', async () => {
    const late: LanguageModelV4StreamPart = { type: 'error', error: new Error('late') }
    for (const after of [[late], 'breaks', 'hangs'] as const) {
      const clock = createFakeClock()
      const model = modelOf([])
      model.doStream = async () => {
        const left = [...broken, finish, ...(typeof after === 'string' ? [] : after)]
        const stream = new ReadableStream<LanguageModelV4StreamPart>({
          async pull(controller) {
            const part = left.shift()
            if (part !== undefined) return controller.enqueue(part)
            if (after === 'breaks') return controller.error(new Error('reset'))
            if (after === 'hangs') return await new Promise(() => {})
            controller.close()
          },
        })
        return { stream }
      }
      const outcomes: string[] = []
      const observer = {
        started: () => ({ attempted: ({ outcome }: AttemptRecord) => outcomes.push(outcome) }),
      }
      const router = routerOver([fromAiSdk(model)], { clock, observers: [observer] })
      const reading = partsFrom(languageModel(router, 'app'), says('Hi'))
      await clock.advance(0)
      await clock.advance(60_000)
      expect((await reading).at(-1)).toMatchObject(finish)
      expect(outcomes).toEqual(['ok'])
      expect(clock.pendingTimers).toBe(0)
    }
  })

  it.each(['error', 'interrupted'] as const)(
    'moves on when a model says of an empty answer that it is none: %s',
    async (unified) => {
      const none = { unified, raw: undefined }
      const first = modelOf(
        [
          { type: 'stream-start', warnings: [] },
          { ...finish, finishReason: none },
        ],
        {
          finishReason: none,
        },
      )
      const second = modelOf([...broken, finish], { content: [{ type: 'text', text: 'ok' }] })
      const model = languageModel(routerOver([fromAiSdk(first), fromAiSdk(second)]), 'app')
      expect((await model.doGenerate(says('Hi'))).content).toEqual([{ type: 'text', text: 'ok' }])
      expect(await partsFrom(model, says('Hi'))).toMatchObject([
        ...broken,
        { type: 'response-metadata' },
        finish,
      ])
      const half = modelOf([...broken, { ...finish, finishReason: none }])
      const alone = languageModel(routerOver([fromAiSdk(half)]), 'app')
      expect((await partsFrom(alone, says('Hi'))).at(-1)).toMatchObject({ finishReason: none })
    },
  )

  it('passes the abort on to the model, and gives its reason, before and in the middle of an answer', async () => {
    const signals: (AbortSignal | undefined)[] = []
    const called = Promise.withResolvers<void>()
    let cancelled = 0
    const silent = new MockLanguageModelV4({
      modelId: 'm',
      doGenerate: ({ abortSignal }) => {
        signals.push(abortSignal)
        called.resolve()
        return new Promise(() => {})
      },
      doStream: async ({ abortSignal }) => {
        signals.push(abortSignal)
        const stream = new ReadableStream<LanguageModelV4StreamPart>({
          start(controller) {
            for (const part of broken) controller.enqueue(part)
          },
          cancel() {
            cancelled += 1
          },
        })
        return { stream }
      },
    })
    const model = languageModel(routerOver([fromAiSdk(silent)]), 'app')
    const before = new AbortController()
    const whole = Promise.resolve(model.doGenerate({ ...says('Hi'), abortSignal: before.signal }))
    await called.promise
    before.abort()
    await expect(whole).rejects.toBe(before.signal.reason)

    const during = new AbortController()
    const { stream } = await model.doStream({ ...says('Hi'), abortSignal: during.signal })
    const reader = stream.getReader()
    expect((await reader.read()).value).toEqual(broken[0])
    await reader.read()
    const waiting = reader.read()
    during.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')

    const left = await model.doStream(says('Hi'))
    await left.stream.cancel()
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true])
    expect(cancelled).toBe(2)
  })

  it.each([
    [{ stikyKey: 'a' }, 'providerOptions.modelspine.stikyKey is not known'],
    [{ requestId: 'a' }, 'write callerId for yours'],
    [{ tags: { a: 1 } }, 'providerOptions.modelspine.tags is wrong'],
    [{ callerId: '' }, 'providerOptions.modelspine.callerId is wrong'],
    [{ actor: { roles: ['a'] } }, 'providerOptions.modelspine.actor is wrong'],
    [{ options: { openai: 1 } }, 'providerOptions.modelspine.options is wrong'],
    [{ options: { 'ai-sdk': {} } }, 'write what models of the AI SDK read directly under providerOptions'],
  ])('names what is wrong with its options: %j', async (modelspine, message) => {
    const { asked, provider } = failing('unavailable')
    const router = routerOver([provider])
    const wrong = { code: 'bad-request', isRetryable: false, message: expect.stringContaining(message) }
    const providerOptions = { modelspine } as never
    const model = languageModel(router, 'app')
    await expect(generateText({ model, prompt: 'Hi', providerOptions })).rejects.toMatchObject(wrong)
    await expect(model.doStream({ ...says('Hi'), providerOptions })).rejects.toMatchObject(wrong)
    const embeds = embeddingModel(router, 'app')
    await expect(embedMany({ model: embeds, values: ['a'], providerOptions })).rejects.toMatchObject(wrong)
    expect(asked.times).toBe(0)
  })

  it('has no route', async () => {
    const asked = languageModel(routerOver([failing('auth').provider]), 'nowhere').doGenerate(says('Hi'))
    await expect(asked).rejects.toMatchObject({ code: 'no-route', isRetryable: false, statusCode: 404 })
  })
})

describe('a route as an embedding model', () => {
  it('gives the same result as the model, in several calls', async () => {
    const calls: unknown[] = []
    const plain = new MockEmbeddingModelV4({
      modelId: 'm',
      maxEmbeddingsPerCall: 2,
      doEmbed: async ({ abortSignal: _, ...call }) => {
        calls.push(call)
        return {
          embeddings: call.values.map(({ length }) => [length, 0.5]),
          usage: { tokens: call.values.length },
          providerMetadata: { vendor: { kept: true } },
          response: { headers: { a: 'b' } },
          warnings: [{ type: 'other', message: 'careful' }],
        }
      },
    })
    const ask = (model: MockEmbeddingModelV4 | ReturnType<typeof embeddingModel>) =>
      embedMany({ model, values: ['a', 'bb', 'ccc'], providerOptions: { vendor: { a: 1 } } })
    const expected = await ask(plain)
    const route = embeddingModel(routerOver([fromAiSdk(plain)]), 'app', { maxEmbeddingsPerCall: 2 })
    const got = await ask(route)
    expect({ ...got, providerMetadata: undefined }).toEqual({ ...expected, providerMetadata: undefined })
    expect(got.providerMetadata).toMatchObject({
      vendor: { kept: true },
      modelspine: { route: 'app', model: 'm' },
    })
    expect(calls.slice(2)).toEqual(calls.slice(0, 2))
  })

  it('asks providers that are no models of the AI SDK, and warns of options that they cannot read', async () => {
    const asked: unknown[] = []
    const provider = memoryProvider({
      name: 'acme',
      embed: (request) => {
        asked.push(request)
        return {
          model: 'm',
          embeddings: [Buffer.from(Float32Array.of(0.5).buffer).toString('base64')],
          usage: { inputTokens: 3 },
        }
      },
    })
    const providerOptions = { vendor: { a: 1 }, modelspine: { options: { acme: { truncate: true } } } }
    const model = embeddingModel(routerOver([provider]), 'app')
    const result = await model.doEmbed({ values: ['a'], dimensions: 1, providerOptions })
    expect(result).toMatchObject({
      embeddings: [[0.5]],
      usage: { tokens: 3 },
      warnings: [{ type: 'unsupported', feature: 'providerOptions.vendor' }],
    })
    expect(asked).toMatchObject([{ input: ['a'], dimensions: 1, options: { acme: { truncate: true } } }])
  })
})
