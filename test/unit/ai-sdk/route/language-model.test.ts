import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { generateText, isStepCount, Output, streamText, type ToolSet, tool } from 'ai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { ChatEvent, ChatEventPart, ChatPart, ChatRequest } from '../../../../src/provider/contract.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { chunk, usageChunk } from '../../../adapters/openai-compatible/scripted-openai.ts'
import { serveLoopback } from '../../../loopback.ts'
import { own, partsFrom, routerOver, says } from './route-world.ts'

interface WireRequest {
  readonly stream?: boolean
  readonly messages: readonly { readonly role: string }[]
  readonly [name: string]: unknown
}

const calling = [
  chunk({ role: 'assistant', reasoning_content: 'I look' }),
  chunk({ content: 'Well' }),
  chunk({
    tool_calls: [{ index: 0, id: 'c0', type: 'function', function: { name: 'weather', arguments: '' } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  chunk({
    tool_calls: [
      { index: 1, id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"B"}' } },
    ],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"A"}' } }] }),
  chunk({}, {}, 'tool_calls'),
  usageChunk,
]
const answering = [chunk({ content: 'It ' }), chunk({ content: 'rains' }), chunk({}, {}, 'stop'), usageChunk]

/** A server of OpenAI's format that calls tools once, and answers when it has their results. */
async function toolServer(): Promise<{
  readonly model: ReturnType<typeof languageModel>
  readonly asked: WireRequest[]
}> {
  const asked: WireRequest[] = []
  const server = await serveLoopback((_request, body, response) => {
    const request = JSON.parse(body.toString()) as WireRequest
    asked.push(request)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const pieces = request.messages.at(-1)?.role === 'tool' ? answering : calling
    response.end(`${pieces.join('')}data: [DONE]\n\n`)
  })
  const provider = openaiCompatible({ baseUrl: `${server.url}/v1` })
  onTestFinished(async () => {
    await provider.close()
    await server.close()
  })
  return { model: languageModel(routerOver([provider]), 'app'), asked }
}

describe('a route as a model of the AI SDK', () => {
  it('runs a loop of tools whose calls come in fragments, side by side', async () => {
    const { model, asked } = await toolServer()
    const cities: string[] = []
    const result = streamText({
      model,
      prompt: 'Rain?',
      stopWhen: isStepCount(3),
      tools: {
        weather: tool({
          inputSchema: z.object({ city: z.string() }),
          execute: ({ city }) => {
            cities.push(city)
            if (city === 'B') throw new Error('unknown city')
            return { rain: true }
          },
        }),
      },
    })
    expect(await result.text).toBe('It rains')
    const steps = await result.steps
    expect(steps).toHaveLength(2)
    expect(steps[0]).toMatchObject({
      finishReason: 'tool-calls',
      reasoningText: 'I look',
      text: 'Well',
      usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
    })
    expect(cities).toEqual(['A', 'B'])
    expect(new Set(steps.map(({ providerMetadata }) => own(providerMetadata).requestId)).size).toBe(2)
    expect(asked[1]?.messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: 'Well',
        tool_calls: [
          { id: 'c0', function: { name: 'weather', arguments: '{"city":"A"}' } },
          { id: 'c1', function: { name: 'weather', arguments: '{"city":"B"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c0', content: '{"rain":true}' },
      { role: 'tool', tool_call_id: 'c1', content: expect.stringContaining('unknown city') },
    ])
  })

  it('streams well-formed parts of an upstream that is no model of the AI SDK', async () => {
    const { model } = await toolServer()
    const parts = await partsFrom(model, says('Rain?'))
    expect(parts.map((part) => ('delta' in part ? `${part.type} ${part.delta}` : part.type))).toEqual([
      'stream-start',
      'response-metadata',
      'reasoning-start',
      'reasoning-delta I look',
      'reasoning-end',
      'text-start',
      'text-delta Well',
      'text-end',
      'tool-input-start',
      'tool-input-delta {"city":',
      'tool-input-start',
      'tool-input-delta {"city":"B"}',
      'tool-input-delta "A"}',
      'tool-input-end',
      'tool-call',
      'tool-input-end',
      'tool-call',
      'finish',
    ])
    expect(parts[1]).toMatchObject({ id: expect.any(String), modelId: 'm', timestamp: expect.any(Date) })
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'tool-calls' },
      usage: { inputTokens: { total: 7, noCache: 7 }, outputTokens: { total: 3 } },
      providerMetadata: { modelspine: { route: 'app', provider: 'openai', model: 'm', attempts: 1 } },
    })
  })

  it('streams the first answer of an upstream that was made to give several', async () => {
    const say = (choice: number, text: string): ChatEvent => ({
      parts: [
        { type: 'text-delta', choice, block: 0, text },
        { type: 'finish', choice, finishReason: 'stop' },
      ],
    })
    async function* chatStream() {
      yield say(0, 'first')
      yield say(1, 'second')
    }
    const parts = await partsFrom(
      languageModel(routerOver([memoryProvider({ chatStream })]), 'app'),
      says('Hi'),
    )
    expect(parts.filter((part) => 'delta' in part)).toMatchObject([{ delta: 'first' }])
    expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1)
  })

  it('asks for objects by their schema, with all settings that the words of chat have', async () => {
    const asked: ChatRequest[] = []
    const provider = memoryProvider({
      chat: (request) => {
        asked.push(request)
        return '{"name":"Ada"}'
      },
    })
    const { output, warnings, response } = await generateText({
      model: languageModel(routerOver([provider]), 'app'),
      instructions: 'Be brief',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Who?' },
            { type: 'file', mediaType: 'image/png', data: Uint8Array.of(137, 80) },
          ],
        },
      ],
      output: Output.object({
        schema: z.object({ name: z.string() }),
        name: 'person',
        description: 'A person',
      }),
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.25,
      seed: 7,
      stopSequences: ['END'],
      reasoning: 'low',
    })
    expect(output).toEqual({ name: 'Ada' })
    expect(warnings).toEqual([])
    expect(response).toMatchObject({ modelId: 'm', timestamp: expect.any(Date) })
    expect(asked).toMatchObject([
      {
        model: 'm',
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Who?' },
              { type: 'image', url: 'data:image/png;base64,iVA=', mediaType: 'image/png' },
            ],
          },
        ],
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.25,
        seed: 7,
        stop: ['END'],
        reasoningEffort: 'low',
        responseSchema: { name: 'person', description: 'A person', schema: { type: 'object' } },
      },
    ])
  })

  it('warns of each setting that the upstream cannot carry, in whole replies and in streams', async () => {
    const model = languageModel(routerOver([memoryProvider({ chat: () => 'ok' })]), 'app')
    const call = {
      ...says('Hi'),
      topK: 3,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
      responseFormat: { type: 'json' as const },
      tools: [
        { type: 'provider' as const, id: 'vendor.search' as const, name: 's', args: {} },
        { type: 'function' as const, name: 'look', inputSchema: {}, inputExamples: [{ input: {} }] },
      ],
      providerOptions: { vendor: { a: 1 }, modelspine: { tags: { a: 'b' } } },
    }
    const { warnings } = await model.doGenerate(call)
    const features = warnings.map((warning) => 'feature' in warning && warning.feature)
    expect(features).toEqual([
      'provider-defined tool vendor.search',
      'inputExamples',
      'providerOptions.vendor',
    ])
    const [start] = await partsFrom(model, { ...call, includeRawChunks: true })
    const raw = { type: 'unsupported', feature: 'includeRawChunks' }
    expect(start).toEqual({
      type: 'stream-start',
      warnings: [...warnings.slice(0, -1), raw, ...warnings.slice(-1)],
    })
  })

  it.each<[string, LanguageModelV4Prompt[number]]>([
    [
      'file',
      {
        role: 'user',
        content: [
          { type: 'file', mediaType: 'a/b', data: { type: 'reference', reference: { a: '1', b: '2' } } },
        ],
      },
    ],
    ['custom', { role: 'assistant', content: [{ type: 'custom', kind: 'vendor.block' }] }],
    [
      'tool-call',
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c', toolName: 's', input: {}, providerExecuted: true }],
      },
    ],
    [
      'tool-approval-response',
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'a', approved: true }] },
    ],
  ])(
    'refuses a part of the prompt that the upstream cannot carry, by its place: %s',
    async (kind, message) => {
      const model = languageModel(routerOver([memoryProvider({ chat: () => 'ok' })]), 'app')
      const asked = model.doGenerate({ prompt: [{ role: 'system', content: 'x' }, message] })
      await expect(asked).rejects.toMatchObject({
        code: 'unsupported',
        isRetryable: false,
        message: expect.stringContaining(`messages[1].content[0] is "${kind}" of ai-sdk`),
      })
    },
  )

  it('brings back with the next prompt what the AI SDK has no words for', async () => {
    const said: readonly ChatPart[] = [
      { type: 'reasoning', text: 'hm', signature: 'sig', encrypted: 'enc' },
      { type: 'text', text: 'Hello' },
      { type: 'refusal', text: 'No' },
      { type: 'opaque', vendor: 'openai', kind: 'search_call', data: { id: 1 } },
      { type: 'tool-call', id: 'a', name: 'look', arguments: '{"a":1}' },
      { type: 'tool-call', id: 'b', name: 'sql', arguments: 'select 1', custom: true },
      { type: 'image', url: 'data:image/png;base64,AA==', mediaType: 'image/png' },
    ]
    const parts: readonly ChatEventPart[] = [
      { type: 'reasoning-delta', choice: 0, block: 0, text: 'hm' },
      { type: 'reasoning-delta', choice: 0, block: 0, text: '', signature: 'sig', encrypted: 'enc' },
      { type: 'text-delta', choice: 0, block: 1, text: 'Hello' },
      { type: 'refusal-delta', choice: 0, block: 2, text: 'No' },
      { type: 'tool-call-delta', choice: 0, block: 3, id: 'a', name: 'look', arguments: '{"a":1}' },
      {
        type: 'tool-call-delta',
        choice: 0,
        block: 4,
        id: 'b',
        name: 'sql',
        arguments: 'select 1',
        custom: true,
      },
      { type: 'opaque-delta', choice: 0, block: 5, vendor: 'openai', kind: 'search_call', data: { id: 1 } },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
    ]
    const choices = [{ content: said, finishReason: 'tool-calls' as const }]
    const provider = memoryProvider({
      chat: () => ({ id: 'r', model: 'm', choices, usage: {} }),
      chatStream: () => parts.map((part) => ({ parts: [part] })),
    })
    const model = languageModel(routerOver([provider]), 'app')
    const anything = { inputSchema: z.unknown() } as unknown as ToolSet[string]
    const tools: ToolSet = { look: anything, sql: anything }
    const whole = await generateText({ model, prompt: 'Hi', tools })
    const streamed = streamText({ model, prompt: 'Hi', tools })
    await streamed.consumeStream()
    for (const [messages, expected] of [
      [whole.responseMessages, said],
      [await streamed.responseMessages, said.slice(0, -1)],
    ] as const) {
      const asked: ChatRequest[] = []
      const next = memoryProvider({
        chat: (request) => {
          asked.push(request)
          return 'ok'
        },
      })
      const results = ['a', 'b'].map((toolCallId) => ({
        type: 'tool-result' as const,
        toolCallId,
        toolName: toolCallId === 'a' ? 'look' : 'sql',
        output: { type: 'text' as const, value: 'r' },
      }))
      await generateText({
        model: languageModel(routerOver([next]), 'app'),
        messages: [{ role: 'user', content: 'Hi' }, ...messages, { role: 'tool', content: results }],
        tools,
      })
      expect(asked[0]?.messages[1]?.content).toEqual(expected)
    }
  })

  it('gives the audio of a stream as a file', async () => {
    const sound = (data: string): ChatEventPart => ({
      type: 'audio-delta',
      choice: 0,
      block: 0,
      data,
      transcript: 'a',
    })
    const provider = memoryProvider({
      chatStream: () => [
        { parts: [sound('AQ==')] },
        { parts: [sound('AgM=')] },
        { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] },
      ],
    })
    const parts = await partsFrom(languageModel(routerOver([provider]), 'app'), says('Hi'))
    expect(parts.find(({ type }) => type === 'file')).toMatchObject({
      data: { type: 'data', data: 'AQID' },
      providerMetadata: { modelspine: { transcript: 'aa' } },
    })
  })
})
