/** What becomes of requests that the AI SDK cannot say whole. */

import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { type ChatPart, type ChatRequest, ListingCarriage, type ModelProvider } from 'modelspine/adapter'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/ai-sdk/words/read-request.ts'
import { aiSdkTitle, writeRequest } from '../../../../src/ai-sdk/words/write-request.ts'
import { parseOpenaiChat } from '../../../../src/dialects/openai/chat-request.ts'
import { draws } from '../../../draws.ts'
import { untold } from '../../dialects/pairs/meaning.ts'
import { requests } from '../../dialects/pairs/requests.ts'
import { finishReason, modelOf, routerOver, says, usage } from '../route/route-world.ts'

const ok = { content: [{ type: 'text' as const, text: 'ok' }] }
const question: ChatRequest['messages'][number] = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const asks = (more: Partial<ChatRequest>): ChatRequest => ({ model: 'm', messages: [question], ...more })
const says1 = (part: ChatPart, role: 'user' | 'assistant' | 'system' | 'tool' = 'user'): ChatRequest =>
  asks({ messages: [{ role, content: [part], ...(role === 'tool' ? { toolCallId: 'c' } : {}) }] })

function lossesOf(request: ChatRequest): ListingCarriage {
  const carriage = new ListingCarriage(aiSdkTitle)
  writeRequest(request, 'mock', carriage)
  return carriage
}

describe('a request for a model of the AI SDK', () => {
  it('loses nothing that is not told', () => {
    const providers = fc.constantFrom('mock.chat', 'anthropic.messages', 'amazon-bedrock', 'modelspine')
    fc.assert(
      fc.property(requests, providers, (request, provider) => {
        const carriage = new ListingCarriage(aiSdkTitle)
        const { request: read } = readRequest(writeRequest(request, provider, carriage))
        expect(untold(request, { model: 'm', ...read }, carriage)).toEqual([])
      }),
      { numRuns: draws(1_000, 10_000) },
    )
  })

  const png = 'data:image/png;base64,iVBORw0KGgo='
  const asWords = 'said in words of Anthropic and Bedrock, which this model may not know'
  const foreign = { type: 'opaque', vendor: 'openai', kind: 'thing', data: {} } as const
  it.each<[string, string, ChatRequest]>([
    ['endUser', 'left out', asks({ endUser: 'ann' })],
    ['reasoningTokens', 'the effort "low"', asks({ reasoningTokens: 1000 })],
    ['reasoningTokens', 'the effort "medium"', asks({ reasoningTokens: 4000 })],
    ['reasoningTokens', 'the effort "high"', asks({ reasoningTokens: 40_000 })],
    ['reasoningTokens', 'the effort "max"', asks({ reasoningTokens: 9, reasoningEffort: 'max' })],
    ['reasoningEffort', 'left out', asks({ reasoningEffort: 'auto' })],
    ['responseSchema.strict', 'left out', asks({ responseSchema: { name: 'a', schema: {}, strict: true } })],
    ['messages[0].name', 'left out', asks({ messages: [{ ...question, name: 'ann' }] })],
    [
      'messages[0].options.openai',
      'left out',
      asks({ messages: [{ ...question, options: { openai: {} } }] }),
    ],
    ['messages[0].content[0].cacheMark', asWords, says1({ type: 'text', text: 'a', cacheMark: {} })],
    [
      'messages[0].content[0].cacheMark',
      asWords,
      says1({ type: 'text', text: 'a', cacheMark: {} }, 'system'),
    ],
    ['messages[0].content[0].cacheMark', asWords, says1({ type: 'text', text: 'a', cacheMark: {} }, 'tool')],
    [
      'messages[0].content[0].cacheMark',
      'said in words of Bedrock, which this model may not know',
      says1({ type: 'reasoning', text: 'a', cacheMark: {} }, 'assistant'),
    ],
    [
      'messages[0].content[0].options.anthropic',
      'left out',
      says1({ type: 'text', text: 'a', options: { anthropic: { citations: [] } } }),
    ],
    ['messages[0].content[0]', 'left out', says1(foreign)],
    ['messages[0].content[0]', 'left out', says1(foreign, 'system')],
    ['messages[0].content[0].detail', 'left out', says1({ type: 'image', url: png, detail: 'low' })],
    [
      'messages[0].content[0].transcript',
      'left out',
      says1({ type: 'audio', url: 'data:audio/wav;base64,AA==', transcript: 'a' }),
    ],
    [
      'messages[0].content[0]',
      'written as a text',
      says1({ type: 'audio', fileId: 'a', transcript: 'b' }, 'assistant'),
    ],
    ['messages[0].content[0]', 'written as a text', says1({ type: 'refusal', text: 'No' }, 'assistant')],
    [
      'messages[0].content[0].arguments',
      'a text, because it is no JSON',
      says1({ type: 'tool-call', id: 'c', name: 'look', arguments: '{"a' }, 'assistant'),
    ],
    [
      'messages[0].toolFailed',
      'left out, so that only the content says it',
      asks({
        messages: [
          { role: 'tool', toolCallId: 'c', toolFailed: true, content: [{ type: 'image', url: png }] },
        ],
      }),
    ],
    [
      'tools[0].cacheMark',
      'said in words of Anthropic, which this model may not know',
      asks({ tools: [tool({ cacheMark: {} })] }),
    ],
    ['tools[0].options.openai', 'left out', asks({ tools: [tool({ options: { openai: { a: 1 } } })] })],
    ['tools[0]', 'left out', asks({ tools: [foreign] })],
    ['metadata', 'left out', asks({ unread: [{ field: 'metadata', hint: true }] })],
  ])(
    'tells what is approximated, and is refused where the route forbids it: %s',
    async (field, what, request) => {
      expect(lossesOf(request)).toMatchObject({ approximated: [{ field, what }], refused: [] })
      const model = modelOf([], ok)
      const told: unknown[] = []
      const context = { requestId: 'r', abortSignal: new AbortController().signal }
      const allowed = {
        approximations: 'allow' as const,
        approximated: (...given: unknown[]) => void told.push(given),
      }
      await fromAiSdk(model).chat?.(request, { ...context, translation: allowed })
      expect(told).toEqual([[field, what]])
      expect(model.doGenerateCalls).toHaveLength(1)
      const forbidden = { ...allowed, approximations: 'refuse' as const }
      const asked = (async () => fromAiSdk(model).chat?.(request, { ...context, translation: forbidden }))()
      await expect(asked).rejects.toMatchObject({ code: 'unsupported', details: { field } })
      const stream = fromAiSdk(model).chatStream?.(request, { ...context, translation: forbidden })
      const first = (async () => stream?.[Symbol.asyncIterator]().next())()
      await expect(first).rejects.toMatchObject({ code: 'unsupported', details: { field } })
      expect(model.doGenerateCalls).toHaveLength(1)
      expect(model.doStreamCalls).toHaveLength(0)
    },
  )

  it.each<[string, ChatRequest]>([
    ['choices', asks({ choices: 2 })],
    ['parallelToolCalls', asks({ parallelToolCalls: false })],
    ['tools[0]', asks({ tools: [{ type: 'custom', name: 'sql' }] })],
    ['tools[0]', asks({ tools: [{ ...foreign, required: true }] })],
    ['toolChoice', asks({ toolChoice: { name: 'sql', custom: true } })],
    ['messages[0].content[0]', says1({ ...foreign, required: true })],
    ['messages[0].content[0]', says1({ type: 'image', url: png }, 'system')],
    ['messages[0].content[0]', says1({ type: 'audio', fileId: 'a' }, 'assistant')],
    ['messages[0].content[0]', says1({ type: 'reasoning', text: 'a' }, 'tool')],
    [
      'logit_bias',
      parseOpenaiChat('{"model":"m","messages":[{"role":"user","content":"Hi"}],"logit_bias":{"1":2}}')
        .request,
    ],
  ])('refuses what changes the answer, by its place: %s', async (field, request) => {
    expect(lossesOf(request)).toMatchObject({ refused: [{ field }] })
    const model = modelOf([], ok)
    const context = { requestId: 'r', abortSignal: new AbortController().signal }
    const asked = (async () => fromAiSdk(model).chat?.(request, context))()
    await expect(asked).rejects.toMatchObject({ code: 'unsupported', details: { field } })
    await expect(asked).rejects.toThrow('which the AI SDK cannot carry')
    expect(model.doGenerateCalls).toEqual([])
  })

  it('is told of what the model itself left out, and refused then where the route forbids it', async () => {
    const warnings = [
      { type: 'unsupported' as const, feature: 'responseFormat', details: 'the schema was left out' },
      { type: 'compatibility' as const, feature: 'reasoning' },
      { type: 'other' as const, message: 'x'.repeat(900) },
      { type: 'deprecated' as const, setting: 'a', message: 'use b' },
    ]
    const stream: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'ok' },
      { type: 'text-end', id: '1' },
      { type: 'finish', usage, finishReason },
    ]
    const told = [
      { field: 'responseFormat', what: 'the schema was left out' },
      { field: 'reasoning', what: 'compatibility' },
      { field: 'warning', what: 'x'.repeat(200) },
    ]
    const model = (): ModelProvider => fromAiSdk(modelOf(stream, { ...ok, warnings }))
    const { messages } = asks({})
    const allowing = routerOver([model()])
    expect((await allowing.chat('app', { messages })).approximated).toEqual(told)
    expect((await allowing.chatStream('app', { messages })).approximated).toEqual(told)
    const translation = { approximations: 'refuse' as const, approximated: () => expect.unreachable() }
    const context = { requestId: 'r', abortSignal: new AbortController().signal, translation }
    const refused = { code: 'unsupported', details: { field: 'responseFormat' } }
    await expect(model().chat?.(asks({}), context)).rejects.toMatchObject(refused)
    const events = model().chatStream?.(asks({}), context)
    await expect(events?.[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused)
  })

  it('is told of no loss where it came from the AI SDK', async () => {
    const model = modelOf([], ok)
    const { warnings } = await languageModel(routerOver([fromAiSdk(model)]), 'app').doGenerate({
      ...says('Hi'),
      reasoning: 'xhigh',
      providerOptions: { openai: { user: 'ann' }, modelspine: { options: { anthropic: { a: 1 } } } },
    })
    expect(warnings).toEqual([])
    const call = {
      prompt: [
        {
          role: 'assistant' as const,
          content: [
            { type: 'reasoning' as const, text: 'a', providerOptions: { anthropic: { signature: 's' } } },
          ],
        },
      ],
    }
    expect(lossesOf({ model: 'm', ...readRequest(call).request })).toMatchObject({
      approximated: [],
      refused: [],
    })
  })

  it('keeps the digits of whole numbers in the arguments of a call', () => {
    const text = '{"id":12345678901234567890}'
    const call = writeRequest(
      says1({ type: 'tool-call', id: 'c', name: 'look', arguments: text }, 'assistant'),
      'mock',
      new ListingCarriage(aiSdkTitle),
    )
    expect(JSON.stringify(call.prompt)).toContain(text)
  })

  it('says each text of a system message, and each part of a tool’s answer with its options', () => {
    const call = writeRequest(
      asks({
        messages: [
          {
            role: 'developer',
            content: [
              { type: 'text', text: 'Be kind' },
              { type: 'text', text: 'Be brief' },
            ],
          },
          {
            role: 'tool',
            toolCallId: 'c',
            name: 'look',
            content: [{ type: 'text', text: 'seen', options: { 'ai-sdk': { vendor: { a: 1 } } } }],
          },
        ],
      }),
      'mock',
      new ListingCarriage(aiSdkTitle),
    )
    expect(call.prompt).toEqual([
      { role: 'system', content: 'Be kind' },
      { role: 'system', content: 'Be brief' },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c',
            toolName: 'look',
            output: {
              type: 'content',
              value: [{ type: 'text', text: 'seen', providerOptions: { vendor: { a: 1 } } }],
            },
          },
        ],
      },
    ])
  })
})

function tool(more: object): NonNullable<ChatRequest['tools']>[number] {
  return { type: 'function', name: 'look', parameters: {}, ...more }
}
