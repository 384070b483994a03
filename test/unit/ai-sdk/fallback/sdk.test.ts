import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { APICallError, generateText, isStepCount, Output, streamText, ToolLoopAgent, tool } from 'ai'
import { fallback, fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { routerOver } from '../route/route-world.ts'
import {
  answer,
  apiError,
  begin,
  delta,
  finish,
  type ScriptedModel,
  scriptedModel,
  start,
  Throws,
  usage,
} from './scripted-model.ts'

async function all<Part>(parts: AsyncIterable<Part>): Promise<Part[]> {
  const seen: Part[] = []
  for await (const part of parts) seen.push(part)
  return seen
}

const dead = () => scriptedModel('dead', { opening: new Throws(apiError(503)) })

/** Fallbacks and routes that end at the model. */
const ways: readonly (readonly [string, (model: LanguageModelV4) => LanguageModelV4])[] = [
  ['alone', (model) => fallback([model])],
  ['after a dead model', (model) => fallback([dead(), model])],
  ['in a fallback in a fallback', (model) => fallback([fallback([dead(), dead()]), fallback([model])])],
  ['behind a route', (model) => languageModel(routerOver([fromAiSdk(model)], {}, 'a'), 'app')],
  [
    'behind a route, after a dead one',
    (model) => {
      const upstreams = [dead(), model].map((each) => fromAiSdk({ language: () => each }))
      return languageModel(routerOver(upstreams, {}, 'a'), 'app')
    },
  ],
]

/** What the AI SDK makes of a call, without times, ids of its own and what a fallback adds. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) => {
      if (
        ['timestamp', 'performance', 'callId', 'id', 'modelspine', 'messageId', 'model', 'provider'].includes(
          key,
        )
      )
        return undefined
      if (key === 'providerMetadata' && member && Object.keys(member).join() === 'modelspine')
        return undefined
      return member instanceof Error ? member.message : member
    }),
  )
}

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
})
const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{"city":"Oslo"}' } as const
const calls = { unified: 'tool-calls', raw: 'tool_use' } as const

/** Asks for the weather first, and tells it in the next step. */
function toolModel(): ScriptedModel {
  const model = scriptedModel('a')
  const { doGenerate, doStream } = model
  const isFirst = (options: Parameters<LanguageModelV4['doGenerate']>[0]) =>
    options.prompt.at(-1)?.role !== 'tool'
  model.doGenerate = async (options) => {
    const reply = await doGenerate(options)
    return isFirst(options)
      ? { ...reply, content: [{ type: 'reasoning', text: 'hm' }, call], finishReason: calls }
      : reply
  }
  const steps: readonly LanguageModelV4StreamPart[] = [
    start,
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', delta: 'hm' },
    { type: 'reasoning-end', id: 'r' },
    { type: 'tool-input-start', id: 'c1', toolName: 'weather' },
    { type: 'tool-input-delta', id: 'c1', delta: call.input },
    { type: 'tool-input-end', id: 'c1' },
    call,
    { type: 'finish', finishReason: calls, usage },
  ]
  model.doStream = async (options) => {
    model.parts = isFirst(options) ? steps : answer('a')
    return await doStream(options)
  }
  return model
}

const objectModel = () => {
  const model = scriptedModel('a', {
    parts: [start, begin, delta('{"n":'), delta('7}'), { type: 'text-end', id: '1' }, finish],
  })
  const { doGenerate } = model
  model.doGenerate = async (options) => ({
    ...(await doGenerate(options)),
    content: [{ type: 'text', text: '{"n":7}' }],
  })
  return model
}
const output = Output.object({ schema: z.object({ n: z.number() }) })

const uses: readonly (readonly [
  string,
  () => ScriptedModel,
  (model: LanguageModelV4) => Promise<unknown>,
])[] = [
  [
    'generateText',
    () => scriptedModel('a'),
    async (model) => (await generateText({ model, prompt: 'hi' })).steps,
  ],
  [
    'streamText',
    () => scriptedModel('a'),
    async (model) => {
      const result = streamText({ model, prompt: 'hi' })
      return [await all(result.fullStream), await result.steps, await result.usage, await result.finishReason]
    },
  ],
  ['an object', objectModel, async (model) => (await generateText({ model, prompt: 'hi', output })).output],
  [
    'an object in a stream',
    objectModel,
    async (model) => {
      const result = streamText({ model, prompt: 'hi', output })
      return [await all(result.partialOutputStream), await result.output]
    },
  ],
  [
    'a loop of tools',
    toolModel,
    async (model) => {
      const result = await generateText({ model, prompt: 'hi', tools: { weather }, stopWhen: isStepCount(3) })
      return [result.text, result.totalUsage, result.steps]
    },
  ],
  [
    'a loop of tools in a stream',
    toolModel,
    async (model) => {
      const result = streamText({ model, prompt: 'hi', tools: { weather }, stopWhen: isStepCount(3) })
      return [await all(result.fullStream), await result.steps]
    },
  ],
  [
    'an agent',
    toolModel,
    async (model) => {
      const agent = new ToolLoopAgent({ model, tools: { weather } })
      const result = await agent.stream({ prompt: 'hi' })
      return [await result.text, (await agent.generate({ prompt: 'hi' })).steps]
    },
  ],
]

describe.each(ways)('a model %s', (_way, wrapped) => {
  it.each(uses)('gives the AI SDK the same for %s', async (_use, make, use) => {
    const bare = comparable(await use(make()))
    expect(JSON.stringify(bare).length).toBeGreaterThan(5)
    expect(comparable(await use(wrapped(make())))).toEqual(bare)
  })
})

describe('the AI SDK', () => {
  it('does not ask again what was asked already', async () => {
    const models = [dead(), dead()]
    const model = fallback(models)
    const error = await generateText({ model, prompt: 'hi', maxRetries: 2 }).catch((cause: unknown) => cause)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 503, message: expect.stringContaining('2 models failed') })
    const errors: unknown[] = []
    const result = streamText({
      model,
      prompt: 'hi',
      maxRetries: 2,
      onError: ({ error: each }) => void errors.push(each),
    })
    await result.consumeStream()
    expect([errors.length, APICallError.isInstance(errors[0])]).toEqual([1, true])
    expect(models.map(({ calls: made }) => made.length)).toEqual([2, 2])
  })

  it('is told once of an error after output, and does not take the rest for an answer', async () => {
    for (const broken of [
      new Throws(new Error('cut')),
      { type: 'error', error: new Error('cut') } as const,
      'end' as const,
    ]) {
      const b = scriptedModel('b')
      const errors: unknown[] = []
      const parts = [start, begin, delta('he'), ...(broken === 'end' ? [] : [broken, finish])]
      const result = streamText({
        model: fallback([scriptedModel('a', { parts }), b]),
        prompt: 'hi',
        onError: ({ error }) => void errors.push(error),
      })
      const texts: string[] = []
      const ends: string[] = []
      try {
        for await (const part of result.fullStream) {
          if (part.type === 'text-delta') texts.push(part.text)
          if (part.type === 'finish') ends.push(part.finishReason)
        }
      } catch (error) {
        errors.push(error)
      }
      expect([texts, errors.length, b.calls.length]).toEqual([['he'], 1, 0])
      expect(ends.filter((reason) => reason !== 'error')).toEqual([])
    }
  })

  it('sees an abort as an abort, and every attempt does', async () => {
    const a = scriptedModel('a', { parts: [start, begin, delta('he'), 'hang'] })
    const caller = new AbortController()
    const result = streamText({ model: fallback([a]), prompt: 'hi', abortSignal: caller.signal })
    const seen: string[] = []
    for await (const part of result.fullStream) {
      seen.push(part.type)
      if (part.type === 'text-delta') caller.abort()
    }
    expect(seen.at(-1)).toBe('abort')
    expect(a.calls[0]?.abortSignal?.aborted).toBe(true)
    const early = scriptedModel('a', { opening: 'hang' })
    const reply = generateText({
      model: fallback([early]),
      prompt: 'hi',
      abortSignal: AbortSignal.timeout(5),
    })
    await expect(reply).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('says in its provider metadata who answered', async () => {
    const model = fallback([dead(), scriptedModel('b')], { rest: false })
    const told = { provider: 'scripted', model: 'b', attempts: 2, requestId: expect.any(String) }
    expect((await generateText({ model, prompt: 'hi' })).providerMetadata?.modelspine).toEqual(told)
    const result = streamText({ model, prompt: 'hi' })
    await result.consumeStream()
    expect((await result.providerMetadata)?.modelspine).toEqual(told)
  })

  it('hears which model answered, also when that does not say its name', async () => {
    const unnamed = scriptedModel('b', {
      parts: [start, begin, delta('b'), { type: 'text-end', id: '1' }, finish],
    })
    const { doGenerate } = unnamed
    unnamed.doGenerate = async (options) => ({
      ...(await doGenerate(options)),
      response: { headers: { h: '1' } },
    })
    for (const answering of [unnamed, scriptedModel('b')]) {
      const model = fallback([dead(), answering])
      const reply = await generateText({ model, prompt: 'hi' })
      expect([reply.response.modelId, reply.response.headers]).toEqual(['b', expect.any(Object)])
      const result = streamText({ model, prompt: 'hi' })
      await result.consumeStream()
      expect((await result.response).modelId).toBe('b')
    }
  })

  it('fetches a file that one of the models cannot fetch', async () => {
    const a = { ...dead(), supportedUrls: { 'image/*': [/^https:/] } }
    const b = scriptedModel('b')
    let fetched = 0
    await generateText({
      model: fallback([a, b]),
      messages: [
        {
          role: 'user',
          content: [{ type: 'file', data: new URL('https://x.invalid/a.png'), mediaType: 'image/png' }],
        },
      ],
      experimental_download: async (wanted) => {
        fetched += 1
        return wanted.map(({ isUrlSupportedByModel }) =>
          isUrlSupportedByModel ? null : { data: new Uint8Array([1]), mediaType: 'image/png' },
        )
      },
    })
    expect(fetched).toBe(1)
    expect(JSON.stringify(b.calls[0]?.prompt)).not.toContain('x.invalid')
  })
})
