import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import type { Layers } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import type { Chat } from '../../../../src/provider/contract.ts'
import { finishReason, hiding, modelOf, own, partsFrom, routerOver, says, usage } from './route-world.ts'
import { streams } from './stream-arbitraries.ts'

const secret = 'SECRET'

/** A stream that says the secret wherever a model can say it. */
const telling: readonly LanguageModelV4StreamPart[] = [
  { type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'x' }] },
  { type: 'response-metadata', id: 'r', modelId: 'm-1', timestamp: new Date(0) },
  { type: 'raw', rawValue: { first: 'A' } },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'A ' },
  { type: 'raw', rawValue: { text: secret } },
  { type: 'text-delta', id: 't', delta: secret },
  { type: 'raw', rawValue: { more: secret } },
  { type: 'text-end', id: 't', providerMetadata: { vendor: { quote: secret } } },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: secret },
  { type: 'reasoning-end', id: 'r' },
  { type: 'tool-input-start', id: 'c', toolName: 'look' },
  { type: 'tool-input-delta', id: 'c', delta: `{"a":"${secret}"}` },
  { type: 'tool-input-end', id: 'c' },
  { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: `{"a":"${secret}"}` },
  { type: 'tool-call', toolCallId: 'd', toolName: 's', input: `"${secret}"`, providerExecuted: true },
  { type: 'tool-result', toolCallId: 'd', toolName: 's', result: secret },
  { type: 'source', sourceType: 'url', id: 's', url: 'https://a.example/', title: secret },
  { type: 'finish', usage, finishReason, providerMetadata: { vendor: { logprobs: [secret] } } },
]

const guarded = (parts: readonly LanguageModelV4StreamPart[], layers: Layers): LanguageModelV4 =>
  languageModel(routerOver([fromAiSdk(modelOf(parts))], { layers }), 'app')

describe('a route with a guardrail for replies', () => {
  it.each([false, true])(
    'never shows in a stream what was taken away (raw chunks: %s)',
    async (includeRawChunks) => {
      const got = await partsFrom(guarded(telling, hiding(secret)), { ...says('Hi'), includeRawChunks })
      expect(JSON.stringify(got)).not.toContain(secret)
      const shown = got.filter(({ type }) => type !== 'raw')
      expect(shown.slice(0, 4)).toEqual(telling.filter(({ type }) => type !== 'raw').slice(0, 4))
      expect(shown.slice(4)).toMatchObject([
        { type: 'text-delta', id: 't', delta: '***' },
        { type: 'text-end', id: 't' },
        { type: 'reasoning-start' },
        { type: 'reasoning-delta', delta: '***' },
        { type: 'reasoning-end' },
        { type: 'tool-input-start', id: 'c', toolName: 'look' },
        { type: 'tool-input-delta', id: 'c', delta: '{"a":"***"}' },
        { type: 'tool-input-end', id: 'c' },
        { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":"***"}' },
        { type: 'tool-call', toolCallId: 'd', input: '"***"', providerExecuted: true },
        { type: 'tool-result', result: '***' },
        { type: 'source', title: '***' },
        {
          type: 'finish',
          usage: { inputTokens: { total: 5, noCache: 3, cacheRead: 2 }, outputTokens: { total: 4 } },
        },
      ])
      const last = got.at(-1)
      expect(last?.type === 'finish' && own(last.providerMetadata)).toMatchObject({ route: 'app' })
      expect(got.filter(({ type }) => type === 'raw')).toEqual(
        includeRawChunks ? [{ type: 'raw', rawValue: { first: 'A' } }] : [],
      )
    },
  )

  it('never shows in a whole reply what was taken away', async () => {
    const result = {
      content: [
        { type: 'text' as const, text: `A ${secret}` },
        { type: 'tool-call' as const, toolCallId: 'c', toolName: 'look', input: `{"a":"${secret}"}` },
      ],
      structuredOutputText: secret,
      request: { body: secret },
      response: { id: 'r', modelId: 'm-1', timestamp: new Date(0), body: secret },
      providerMetadata: { vendor: { logprobs: [secret] } },
      warnings: [{ type: 'other' as const, message: 'careful' }],
    }
    const layers = hiding(secret)
    const route = languageModel(routerOver([fromAiSdk(modelOf([], result))], { layers }), 'app')
    const got = await route.doGenerate(says('Hi'))
    expect(JSON.stringify(got)).not.toContain(secret)
    expect(got).toMatchObject({
      content: [
        { type: 'text', text: 'A ***' },
        { type: 'tool-call', toolCallId: 'c', input: '{"a":"***"}' },
      ],
      response: { id: 'r', modelId: 'm-1' },
      warnings: result.warnings,
    })
  })

  it('passes on every part as it came while the guardrail takes nothing away', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (parts) => {
        const options = { ...says('Hi'), includeRawChunks: true }
        const got = await partsFrom(guarded(parts, passing), options)
        expect(got.slice(0, -1)).toEqual((await partsFrom(modelOf(parts), options)).slice(0, -1))
      }),
    )
  })

  it('gives a well-formed stream when the guardrail says something first', async () => {
    const notice = { parts: [{ type: 'text-delta', choice: 0, block: 9, text: 'Checked. ' }] }
    const checkStream = async function* (_request: unknown, pieces: AsyncIterable<unknown>) {
      yield [notice]
      yield* pieces
    }
    const checkReply = (_request: unknown, reply: unknown): unknown => reply
    const layers = { guardrailsOut: [{ checkReply, checkStream }] } as Layers
    const got = await partsFrom(guarded(telling, layers), says('Hi'))
    expect(misshapen(got)).toEqual([])
    expect(got.filter(({ type }) => type === 'stream-start')).toHaveLength(1)
    expect(got.filter((part) => part.type === 'text-delta').map(({ delta }) => delta)).toEqual([
      'Checked. ',
      'A ',
      secret,
    ])
  })

  it('gives well-formed streams, whatever pieces the guardrail holds back', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.infiniteStream(fc.boolean()), async (parts, kept) => {
        const layers = holdingBack(() => kept.next().value === true)
        const got = await partsFrom(guarded(parts, layers), says('Hi'))
        expect(misshapen(got)).toEqual([])
      }),
    )
  })

  it('gives no more input of a call that has ended, when the call itself tells it', async () => {
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      { type: 'tool-input-start', id: 'c', toolName: 'look' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'response-metadata', id: 'held-back' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"at":1}' },
      { type: 'finish', usage, finishReason },
    ]
    let place = 0
    const got = await partsFrom(
      guarded(
        parts,
        holdingBack(() => place++ !== 3),
      ),
      says('Hi'),
    )
    expect(misshapen(got)).toEqual([])
    expect(got).toContainEqual({ type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"at":1}' })
  })
})

const passing: Layers = {
  guardrailsOut: [
    {
      checkReply: (_request, reply) => reply,
      async *checkStream(_request, pieces) {
        for await (const batch of pieces as AsyncIterable<readonly object[]>)
          yield batch.map((event) => ({ ...event }))
      },
    },
  ],
}

/** Holds back events, but none that tells the end. */
function holdingBack(keeps: () => boolean): Layers {
  return {
    guardrailsOut: [
      {
        checkReply: (_request, reply) => reply,
        async *checkStream(_request, pieces) {
          for await (const batch of pieces as AsyncIterable<
            readonly { readonly parts: readonly { type: string }[] }[]
          >) {
            const isEnd = batch.some(({ parts }) => parts.some(({ type }) => type === 'finish'))
            if (isEnd || keeps()) yield batch
          }
        },
      },
    ],
  }
}

/** What is wrong with the order of parts: begun twice, ended or continued without a beginning, left open. */
function misshapen(parts: readonly LanguageModelV4StreamPart[]): readonly string[] {
  const open = new Set<string>()
  const executed = new Set<string>()
  const wrong: string[] = []
  for (const [place, part] of parts.entries()) {
    const [, kind, step] = /^(text|reasoning|tool-input)-(start|delta|end)$/.exec(part.type) ?? []
    if (part.type === 'stream-start' && place > 0) wrong.push(`stream-start at ${place}`)
    if (kind === undefined || !('id' in part)) continue
    // The end of a call that the vendor runs may be missing; the call itself is one part.
    if ('providerExecuted' in part) executed.add(part.id)
    if (executed.has(part.id)) continue
    const key = `${kind} ${part.id}`
    if (step === 'start' ? open.has(key) : !open.has(key))
      wrong.push(`${part.type} of ${part.id} at ${place}`)
    if (step === 'start') open.add(key)
    if (step === 'end') open.delete(key)
  }
  return [...wrong, ...open]
}

describe('a route with a guardrail for requests', () => {
  const hidingAsked: Layers = {
    guardrailsIn: [
      {
        checkRequest: ({ body }) => {
          const chat = body as Chat
          const messages = chat.messages.map((message) => ({
            ...message,
            content: message.content.map((part) =>
              'text' in part ? { ...part, text: part.text.replaceAll(secret, '***') } : part,
            ),
          }))
          return { ...chat, messages }
        },
      },
    ],
  }

  it('sends what was edited, and everything else as it came, bytes included', async () => {
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    const route = languageModel(routerOver([fromAiSdk(model)], { layers: hidingAsked }), 'app')
    const bytes = Uint8Array.of(1, 2)
    const file = {
      type: 'file',
      mediaType: 'image/png',
      data: { type: 'data', data: bytes },
      filename: 'a',
    } as const
    await route.doGenerate({
      prompt: [
        { role: 'system', content: `Keep ${secret}`, providerOptions: { vendor: { cache: true } } },
        {
          role: 'user',
          content: [{ type: 'text', text: secret, providerOptions: { vendor: { a: 1 } } }, file],
        },
        {
          role: 'assistant',
          content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'look', input: { a: 1 } }],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'c',
              toolName: 'look',
              output: { type: 'text', value: secret },
            },
            { type: 'tool-result', toolCallId: 'd', toolName: 'look', output: { type: 'json', value: [1] } },
          ],
        },
        {
          role: 'tool',
          content: [{ type: 'tool-approval-response', approvalId: 'a', approved: true }],
          providerOptions: { vendor: { second: true } },
        },
      ],
      topK: 4,
      responseFormat: { type: 'json' },
      providerOptions: { vendor: { kept: true } },
    })
    const [sent] = model.doGenerateCalls
    expect(JSON.stringify(sent)).not.toContain(secret)
    expect(sent).toMatchObject({
      prompt: [
        { role: 'system', content: 'Keep ***', providerOptions: { vendor: { cache: true } } },
        {
          role: 'user',
          content: [{ type: 'text', text: '***', providerOptions: { vendor: { a: 1 } } }, file],
        },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', input: { a: 1 } }] },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'c',
              toolName: 'look',
              output: { type: 'text', value: '***' },
            },
            { type: 'tool-result', toolCallId: 'd', toolName: 'look', output: { type: 'json', value: [1] } },
          ],
        },
        { role: 'tool', providerOptions: { vendor: { second: true } } },
      ],
      topK: 4,
      responseFormat: { type: 'json' },
      providerOptions: { vendor: { kept: true } },
    })
    const user = sent?.prompt[1]
    expect(user?.role === 'user' && user.content[1]).toBe(file)
    expect(sent?.prompt).toHaveLength(5)
  })

  it('drops a message and the options for models, and what is left stays what it was', async () => {
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    const checkRequest = ({ body }: { readonly body: unknown }): Chat => {
      const { messages, options: _, ...rest } = body as Chat
      return { ...rest, messages: messages.slice(1) }
    }
    const layers = { guardrailsIn: [{ checkRequest }] } as Layers
    const url = new URL('https://a.example/a.png')
    const file = { type: 'file', mediaType: 'image/png', data: { type: 'url', url } } as const
    await languageModel(routerOver([fromAiSdk(model)], { layers }), 'app').doGenerate({
      prompt: [
        { role: 'user', content: [{ type: 'text', text: secret }] },
        { role: 'user', content: [file] },
      ],
      topK: 4,
      providerOptions: { vendor: { quote: secret } },
    })
    const [sent] = model.doGenerateCalls
    expect(JSON.stringify(sent)).not.toContain(secret)
    expect(sent).toMatchObject({ prompt: [{ role: 'user', content: [file] }], topK: 4 })
    const [user] = sent?.prompt ?? []
    expect(user?.role === 'user' && user.content[0]).toBe(file)
  })
})
