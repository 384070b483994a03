import { inspect } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  LoadAPIKeyError,
  NoSuchModelError,
  TooManyEmbeddingValuesForCallError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'
import { StreamProviderError } from 'ai'
import { MockEmbeddingModelV4, MockImageModelV4, MockLanguageModelV4 } from 'ai/test'
import type { CallContext, ModelProvider } from 'modelspine/adapter'
import { embeddingModel, fallback, fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import type { RequestRecord } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { parseOpenaiChat } from '../../../../src/dialects/openai/chat-request.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { modelOf, routerOver, says } from '../route/route-world.ts'

const context = (): CallContext => ({ requestId: 'r', abortSignal: new AbortController().signal })
const chat = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  ...more,
})
const ok = { content: [{ type: 'text' as const, text: 'ok' }] }

const asked = async (provider: ModelProvider, request: ChatRequest): Promise<unknown> =>
  provider.chat?.(request, context())

describe('fromAiSdk', () => {
  it('takes a model, both kinds, or functions, and says what it can', () => {
    const embedding = new MockEmbeddingModelV4({ provider: 'mock.embed' })
    expect(fromAiSdk(modelOf([]))).toMatchObject({
      name: 'mock.chat',
      capabilities: { operations: ['chat'], streaming: true, dialects: ['ai-sdk-v4'] },
    })
    expect(fromAiSdk(embedding)).toMatchObject({
      name: 'mock.embed',
      capabilities: { operations: ['embed'], streaming: false, dialects: ['ai-sdk-embeddings-v4'] },
    })
    expect(fromAiSdk({ language: () => modelOf([]), embedding })).toMatchObject({
      name: 'mock.embed',
      capabilities: { operations: ['chat', 'embed'], streaming: true },
    })
    expect(fromAiSdk({ language: () => modelOf([]) }, { name: 'acme' }).name).toBe('acme')
    // A provider is a function with members of many names.
    const vendor = createOpenAICompatible({ name: 'vendor', baseURL: 'http://127.0.0.1:1/v1' })
    expect(fromAiSdk(vendor, { name: 'vendor' })).toMatchObject({
      name: 'vendor',
      capabilities: { operations: ['chat', 'embed'], streaming: true },
    })
  })

  it('refuses to embed with what only the format of the caller says', async () => {
    const embedding = new MockEmbeddingModelV4({ doEmbed: async () => ({ embeddings: [[1]], warnings: [] }) })
    const request = { model: 'm', input: ['a'], unread: [{ field: 'input_type' }] }
    await expect(fromAiSdk(embedding).embed?.(request, context())).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'input_type' },
    })
    expect(embedding.doEmbedCalls).toEqual([])
  })

  it('refuses what is no model of the version that it knows', () => {
    const older = { ...modelOf([]), specificationVersion: 'v3', doGenerate: () => {} } as never
    expect(() => fromAiSdk(older)).toThrow(/of version v3 of the AI SDK's models; fromAiSdk takes v4/)
    expect(() => fromAiSdk({ language: older })).toThrow(/language is of version v3/)
    for (const other of [{}, new MockImageModelV4()])
      expect(() => fromAiSdk(other as never)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })

  it('asks a provider of the AI SDK for the model of each request', async () => {
    const names: string[] = []
    const embedding = new MockEmbeddingModelV4({ doEmbed: async () => ({ embeddings: [[1]], warnings: [] }) })
    const vendor = {
      specificationVersion: 'v4' as const,
      languageModel: (id: string) => {
        names.push(id)
        return modelOf([], ok)
      },
      embeddingModel: (id: string) => {
        names.push(id)
        return embedding
      },
    }
    const provider = fromAiSdk(vendor)
    await asked(provider, chat({ model: 'one' }))
    await provider.embed?.({ model: 'two', input: ['a'] }, context())
    expect(names).toEqual(['one', 'two'])
    expect(() => fromAiSdk({ ...vendor, specificationVersion: 'v3' } as never)).toThrow(
      /the provider is of version v3/,
    )
  })

  it('answers only for the name of its model, and a function for any', async () => {
    await expect(asked(fromAiSdk(modelOf([], ok)), chat({ model: 'other' }))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('has the model "m" and not "other"'),
    })
    const names: string[] = []
    const language = (id: string): MockLanguageModelV4 => {
      names.push(id)
      if (id === 'none') throw new NoSuchModelError({ modelId: id, modelType: 'languageModel' })
      return modelOf([], ok)
    }
    await asked(fromAiSdk({ language }), chat({ model: 'other' }))
    await expect(asked(fromAiSdk({ language }), chat({ model: 'none' }))).rejects.toMatchObject({
      code: 'not-found',
    })
    expect(names).toEqual(['other', 'none'])
  })

  it('says a request of another dialect in the words of the AI SDK', async () => {
    const text = JSON.stringify({
      model: 'm',
      messages: [
        { role: 'developer', content: 'Be kind' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/a.png' } }] },
        {
          role: 'assistant',
          content: 'I look',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'seen' },
        { role: 'tool', tool_call_id: 'd', content: 'seen, too' },
      ],
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' }, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      max_tokens: 5,
      stop: 'END',
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a', description: 'An answer', schema: { type: 'object' } },
      },
    })
    const model = modelOf([], ok)
    await asked(fromAiSdk(model), parseOpenaiChat(text).request)
    const { abortSignal: _, ...sent } = model.doGenerateCalls[0] ?? { prompt: [] }
    const output = (value: string) => ({ type: 'text', value })
    expect(sent).toEqual({
      prompt: [
        { role: 'system', content: 'Be kind' },
        {
          role: 'user',
          content: [
            {
              type: 'file',
              mediaType: 'image',
              data: { type: 'url', url: new URL('https://a.example/a.png') },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look' },
            { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: { a: 1 } },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'c', toolName: 'look', output: output('seen') },
            { type: 'tool-result', toolCallId: 'd', toolName: '', output: output('seen, too') },
          ],
        },
      ],
      tools: [{ type: 'function', name: 'look', inputSchema: { type: 'object' }, strict: true }],
      toolChoice: { type: 'tool', toolName: 'look' },
      maxOutputTokens: 5,
      stopSequences: ['END'],
      reasoning: 'low',
      responseFormat: { type: 'json', name: 'a', description: 'An answer', schema: { type: 'object' } },
    })
  })

  it.each<[string, Partial<ChatRequest>]>([
    ['choices', { choices: 2 }],
    ['parallelToolCalls', { parallelToolCalls: false }],
    ['tools[0]', { tools: [{ type: 'custom', name: 'sql' }] }],
    ['toolChoice', { toolChoice: { name: 'sql', custom: true } }],
  ])('refuses what the AI SDK cannot ask for: %s', async (field, more) => {
    const model = modelOf([], ok)
    const refusal = { code: 'unsupported', details: { field } }
    await expect(asked(fromAiSdk(model), chat(more))).rejects.toMatchObject(refusal)
    const stream = fromAiSdk(model).chatStream?.(chat(more), context())
    await expect(stream?.[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal)
    expect(model.doGenerateCalls).toEqual([])
    expect(model.doStreamCalls).toEqual([])
  })

  it('refuses token ids, and an answer with another number of embeddings', async () => {
    const embedding = new MockEmbeddingModelV4({
      modelId: 'm',
      doEmbed: async () => ({ embeddings: [[1]], warnings: [] }),
    })
    const provider = fromAiSdk(embedding)
    const embed = (input: (string | number[])[]) => provider.embed?.({ model: 'm', input }, context())
    await expect(embed([[1, 2]])).rejects.toMatchObject({ code: 'unsupported' })
    await expect(embed(['a', 'b'])).rejects.toMatchObject({ code: 'malformed-reply' })
  })

  const secret = 'sk-Very-Secret-0123456789'
  const apiError = (statusCode: number | undefined, body: unknown, headers: Record<string, string> = {}) =>
    new APICallError({
      message: `failed with ${secret}`,
      url: `https://a.example/v1?key=${secret}`,
      requestBodyValues: { prompt: 'A private prompt' },
      ...(statusCode === undefined ? {} : { statusCode }),
      responseHeaders: { 'x-api-key': secret, ...headers },
      responseBody: JSON.stringify(body),
    })

  it.each<[string, unknown, object]>([
    [
      'a status',
      apiError(429, { error: { message: secret } }, { 'retry-after': '2' }),
      { code: 'rate-limited', retryAfterMs: 2000 },
    ],
    ['a quota', apiError(429, { error: { code: 'insufficient_quota' } }), { code: 'quota' }],
    [
      'a long prompt',
      apiError(400, { error: { message: 'maximum context length' } }),
      { code: 'context-length' },
    ],
    ['no answer', apiError(undefined, {}), { code: 'unavailable' }],
    ['an unusable answer', apiError(200, {}), { code: 'malformed-reply' }],
    ['an error in an answer', apiError(200, { error: { type: 'overloaded_error' } }), { code: 'overloaded' }],
    [
      'an error of a stream, with its status',
      new StreamProviderError({ message: secret, statusCode: 429 }),
      { code: 'rate-limited' },
    ],
    ['a status that may pass', apiError(409, {}), { code: 'unavailable' }],
    ['an abort of its own', new DOMException('gone', 'AbortError'), { code: 'interrupted' }],
    [
      'an error with a word',
      Object.assign(new Error(secret), { type: 'overloaded_error' }),
      { code: 'overloaded' },
    ],
    ['a plain object', { error: { type: 'overloaded_error', message: secret } }, { code: 'overloaded' }],
    ['a missing key', new LoadAPIKeyError({ message: 'no key' }), { code: 'auth' }],
    [
      'a missing ability',
      new UnsupportedFunctionalityError({ functionality: 'images' }),
      { code: 'unsupported' },
    ],
    [
      'too many texts at once',
      new TooManyEmbeddingValuesForCallError({
        provider: 'p',
        modelId: 'm',
        maxEmbeddingsPerCall: 1,
        values: [],
      }),
      { code: 'unsupported' },
    ],
    ['a timeout', new DOMException('too slow', 'TimeoutError'), { code: 'timeout' }],
    ['any other error', new TypeError('fetch failed'), { code: 'unavailable' }],
    ['nothing', undefined, { code: 'unavailable' }],
  ])('tells what went wrong, without prompts and credentials: %s', async (_what, thrown, expected) => {
    const fail = async (): Promise<never> => {
      throw thrown
    }
    const provider = fromAiSdk(new MockLanguageModelV4({ modelId: 'm', doGenerate: fail, doStream: fail }))
    const stream = provider.chatStream?.(chat(), context())
    for (const call of [asked(provider, chat()), stream?.[Symbol.asyncIterator]().next()]) {
      const error: unknown = await call?.catch((caught: unknown) => caught)
      expect(error).toMatchObject(expected)
      const printed = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)
      expect(printed).not.toContain(secret)
      expect(printed).not.toContain('A private prompt')
    }
  })

  it('throws interrupted for a stream without a finish, after its parts', async () => {
    const text = { type: 'text-delta', id: 't', delta: 'Half' } as const
    const stream = fromAiSdk(modelOf([text])).chatStream?.(chat(), context()) ?? []
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const batch of stream as AsyncIterable<readonly { parts: readonly unknown[] }[]>) {
        seen.push(...batch.flatMap(({ parts }) => parts))
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' })
    expect(seen).toMatchObject([{ type: 'text-delta', text: 'Half' }])
  })

  it('hides them also in the error of a fallback, which keeps those of its models', async () => {
    const doGenerate = async (): Promise<never> => {
      throw apiError(429, { error: { message: secret } }, { 'retry-after': '2' })
    }
    const dead = new MockLanguageModelV4({ modelId: 'm', doGenerate })
    const error: unknown = await asked(fromAiSdk(fallback([dead, dead])), chat()).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: 2000, retryable: true })
    expect(error).toMatchObject({ details: { attempts: [{ place: 0 }, { place: 1 }] } })
    const printed = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)
    expect(printed).not.toContain(secret)
    expect(printed).not.toContain('A private prompt')
  })

  it('cancels a stream that comes after the call was aborted', async () => {
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const cancelled: unknown[] = []
    const model = modelOf([])
    model.doStream = async () => {
      await opened
      return { stream: new ReadableStream({ cancel: () => void cancelled.push(true) }) }
    }
    const caller = new AbortController()
    const stream = fromAiSdk(model).chatStream?.(chat(), { requestId: 'r', abortSignal: caller.signal })
    const first = stream?.[Symbol.asyncIterator]().next()
    setTimeout(() => caller.abort())
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    open()
    await new Promise((resolve) => setTimeout(resolve))
    expect(cancelled).toEqual([true])
  })

  it('leaves no listener on the signal of the call', async () => {
    const signal = new AbortController().signal
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...given: Parameters<typeof add>) => {
      listeners += 1
      add(...given)
    }) as typeof add
    signal.removeEventListener = ((...given: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...given)
    }) as typeof remove
    const provider = fromAiSdk(modelOf([{ type: 'text-delta', id: 't', delta: 'x' }], ok))
    await provider.chat?.(chat(), { requestId: 'r', abortSignal: signal })
    const stream = provider.chatStream?.(chat(), { requestId: 'r', abortSignal: signal }) ?? []
    for await (const _ of stream as AsyncIterable<unknown>) break
    expect(listeners).toBe(0)
  })
})

describe('what is known of a request', () => {
  it('reaches the observers: tags, actor, the key for stickiness and the app’s own id', async () => {
    const records: RequestRecord[] = []
    const observer = { started: () => ({ finished: (record: RequestRecord) => void records.push(record) }) }
    const keys: unknown[] = []
    const provider = memoryProvider({
      chat: () => 'ok',
      embed: () => ({ model: 'm', embeddings: [[1]], usage: {} }),
    })
    const router = routerOver([provider], {
      observers: [observer as never],
      layers: {
        guardrailsIn: [
          {
            checkRequest: ({ body, stickyKey }) => {
              keys.push(stickyKey)
              return body
            },
          },
        ],
      },
    })
    const all = { tags: { app: 'a', team: 'x' }, actor: { name: 'app' } }
    const modelspine = {
      tags: { team: 'y' },
      stickyKey: 'k',
      callerId: 'mine',
      actor: { name: 'ann', roles: ['r'] },
    }
    await languageModel(router, 'app', all).doGenerate({ ...says('Hi'), providerOptions: { modelspine } })
    await embeddingModel(router, 'app', all).doEmbed({ values: ['a'] })
    expect(keys).toEqual(['k', undefined])
    expect(records).toMatchObject([
      { tags: { app: 'a', team: 'y' }, actor: { name: 'ann', roles: ['r'] }, callerId: 'mine' },
      { tags: { app: 'a', team: 'x' }, actor: { name: 'app' } },
    ])
  })
})
