/** The vendors' proofs of thoughts, on all ways through the AI SDK. */

import type {
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { generateText, type ModelMessage, streamText, type ToolSet } from 'ai'
import fc from 'fast-check'
import type { ChatEvent, ChatPart, ChatReply, ChatRequest } from 'modelspine/adapter'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { draws } from '../../../draws.ts'
import { answerOf } from '../../dialects/pairs/answer-meaning.ts'
import { piecesOf, replies } from '../../dialects/pairs/answers.ts'
import { finishReason, hiding, modelOf, routerOver, says, usage } from '../route/route-world.ts'

type Proof = Pick<ChatPart & { type: 'reasoning' }, 'type' | 'text' | 'signature' | 'signedBy' | 'encrypted'>

/** The parts that prove something, without what else is known of them. */
function proofsIn(parts: readonly ChatPart[]): readonly object[] {
  return parts.flatMap((part) => {
    const { type, signature, signedBy, encrypted } = part as Proof
    if (signature === undefined && encrypted === undefined) return []
    const said = part.type === 'tool-call' ? part.name : (part as Proof).text
    return [{ type, text: said, signature, signedBy, encrypted }]
  })
}

async function eventsOf(
  stream: AsyncIterable<readonly ChatEvent[]> | undefined,
): Promise<readonly ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const batch of stream ?? []) events.push(...batch)
  return events
}

const context = () => ({ requestId: 'r', abortSignal: new AbortController().signal })
const anything = { inputSchema: z.unknown() } as unknown as ToolSet[string]
const tools: ToolSet = { look: anything, find: anything }

/** A provider that notes what it is asked. */
function noting(): { readonly asked: ChatRequest[]; readonly provider: ReturnType<typeof memoryProvider> } {
  const asked: ChatRequest[] = []
  const chat = (request: ChatRequest): string => {
    asked.push(request)
    return 'ok'
  }
  return { asked, provider: memoryProvider({ chat }) }
}

/** What the next upstream is told of the answer, after an app has put it into its next prompt. */
async function toldNext(messages: readonly ModelMessage[]): Promise<readonly ChatPart[]> {
  const { asked, provider } = noting()
  const results = messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? []
      : content.flatMap((part) =>
          part.type === 'tool-call'
            ? [
                {
                  type: 'tool-result' as const,
                  toolCallId: part.toolCallId,
                  toolName: part.toolName,
                  output: { type: 'text' as const, value: 'r' },
                },
              ]
            : [],
        ),
  )
  await generateText({
    model: languageModel(routerOver([provider]), 'app'),
    messages: [
      { role: 'user', content: 'Hi' },
      ...messages,
      ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }]),
      { role: 'user', content: 'Go on' },
    ],
    tools,
  })
  return asked[0]?.messages.flatMap(({ content }) => content) ?? []
}

describe('the proofs of an answer', () => {
  it('come back with the next prompt, with their vendor, from whole answers', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (reply: ChatReply) => {
        const model = languageModel(routerOver([memoryProvider({ chat: () => reply })]), 'app')
        const { responseMessages } = await generateText({ model, prompt: 'Hi', tools })
        const said = reply.choices[0]?.content ?? []
        expect(proofsIn(await toldNext(responseMessages))).toEqual(proofsIn(said))
      }),
      { numRuns: draws(40, 500) },
    )
  })

  it('come back with the next prompt from streams', async () => {
    await fc.assert(
      fc.asyncProperty(replies, fc.integer({ min: 1, max: 9 }), async (reply, length) => {
        const provider = memoryProvider({ chatStream: () => piecesOf(reply, length) })
        const result = streamText({
          model: languageModel(routerOver([provider]), 'app'),
          prompt: 'Hi',
          tools,
        })
        await result.consumeStream()
        const said = reply.choices[0]?.content ?? []
        expect(proofsIn(await toldNext(await result.responseMessages))).toEqual(proofsIn(said))
      }),
      { numRuns: draws(40, 500) },
    )
  })

  it('keeps a signature and an encrypted thought of one block together, in whichever pieces they come', async () => {
    const place = { choice: 0, block: 0 }
    const provider = memoryProvider({
      chatStream: () => [
        { parts: [{ type: 'reasoning-delta', ...place, text: 'hm', signature: 's', signedBy: 'anthropic' }] },
        { parts: [{ type: 'reasoning-delta', ...place, text: '', encrypted: 'e' }] },
        { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] },
      ],
    })
    const result = streamText({ model: languageModel(routerOver([provider]), 'app'), prompt: 'Hi' })
    await result.consumeStream()
    expect(proofsIn(await toldNext(await result.responseMessages))).toEqual([
      { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic', encrypted: 'e' },
    ])
  })

  it('reach the prompt of a model of the AI SDK, and the route that may be behind it', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async ({ choices }) => {
        const content = choices[0]?.content ?? []
        const { asked, provider } = noting()
        const behind = languageModel(routerOver([provider]), 'app')
        const request: ChatRequest = {
          model: 'app',
          messages: [
            { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
            { role: 'assistant', content },
          ],
        }
        await fromAiSdk(behind).chat?.(request, context())
        expect(proofsIn(asked[0]?.messages[1]?.content ?? [])).toEqual(proofsIn(content))
      }),
      { numRuns: draws(100, 1000) },
    )
  })

  it('pass through a route behind a route, whole and in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (reply) => {
        const provider = memoryProvider({ chat: () => reply, chatStream: () => piecesOf(reply, 4) })
        const asked: ChatRequest = {
          model: 'app',
          messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        }
        const expected = proofsIn(reply.choices[0]?.content ?? [])
        const types = reply.choices[0]?.content.map(({ type }) => type)
        const outer = fromAiSdk(languageModel(routerOver([provider]), 'app'))
        const whole = await outer.chat?.(asked, context())
        expect(proofsIn(whole?.choices[0]?.content ?? [])).toEqual(expected)
        expect(whole?.choices[0]?.content.map(({ type }) => type)).toEqual(types)
        const events = await eventsOf(outer.chatStream?.(asked, context()))
        const streamed = answerOf(events).choices[0]?.content ?? []
        expect(proofsIn(streamed)).toEqual(expected)
        expect(streamed.map(({ type }) => type)).toEqual(types)
      }),
      { numRuns: draws(60, 600) },
    )
  })
})

/** What models of the AI SDK say of each kind of part, and what it means. */
const vendors: readonly (readonly [
  kind: 'reasoning' | 'text' | 'tool-call',
  metadata: SharedV4ProviderMetadata,
  proof: Partial<Proof>,
])[] = [
  ['reasoning', { anthropic: { signature: 's' } }, { signature: 's', signedBy: 'anthropic' }],
  ['reasoning', { anthropic: { redactedData: 'r' } }, { encrypted: 'r', signedBy: 'anthropic' }],
  ['reasoning', { bedrock: { signature: 's' } }, { signature: 's', signedBy: 'bedrock' }],
  ['reasoning', { amazonBedrock: { redactedData: 'r' } }, { encrypted: 'r', signedBy: 'bedrock' }],
  [
    'reasoning',
    { openai: { itemId: 'i', reasoningEncryptedContent: 'e' } },
    { encrypted: 'e', signedBy: 'openai' },
  ],
  ['reasoning', { openai: { itemId: 'i', reasoningEncryptedContent: null } }, {}],
  ['text', { google: { thoughtSignature: 't' } }, { signature: 't', signedBy: 'google' }],
  ['tool-call', { vertex: { thoughtSignature: 't' } }, { signature: 't', signedBy: 'google' }],
  ['tool-call', { other: { thoughtSignature: 't' } }, { signature: 't', signedBy: 'other' }],
  [
    'text',
    { google: { thoughtSignature: 't' }, modelspine: { signature: 'm', signedBy: 'google' } },
    { signature: 'm', signedBy: 'google' },
  ],
]

function contentOf(
  kind: (typeof vendors)[number][0],
  metadata: SharedV4ProviderMetadata,
): LanguageModelV4Content {
  return kind === 'tool-call'
    ? { type: kind, toolCallId: 'c', toolName: 'look', input: '{}', providerMetadata: metadata }
    : { type: kind, text: 'said', providerMetadata: metadata }
}

/** The parts of a stream that tell it at the beginning, in the middle, or at the end of the block. */
function streamOf(
  kind: (typeof vendors)[number][0],
  metadata: SharedV4ProviderMetadata,
  at: number,
): readonly LanguageModelV4StreamPart[] {
  const block: readonly LanguageModelV4StreamPart[] =
    kind === 'tool-call'
      ? [
          { type: 'tool-input-start', id: 'c', toolName: 'look' },
          { type: 'tool-input-delta', id: 'c', delta: '{}' },
          { type: 'tool-input-end', id: 'c' },
          { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{}' },
        ]
      : [
          { type: `${kind}-start`, id: 'b' },
          { type: `${kind}-delta`, id: 'b', delta: 'said' },
          { type: `${kind}-end`, id: 'b' },
        ]
  const told = block.map((part, place) =>
    place === at % block.length ? { ...part, providerMetadata: metadata } : part,
  )
  return [{ type: 'stream-start', warnings: [] }, ...told, { type: 'finish', usage, finishReason }]
}

describe('the words of vendors in the AI SDK', () => {
  it.each(vendors)('%s %j', async (kind, metadata, proof) => {
    const provider = fromAiSdk(modelOf([], { content: [contentOf(kind, metadata)] }))
    const asked: ChatRequest = {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    }
    const expected =
      Object.keys(proof).length === 0 ? [] : [expect.objectContaining({ type: kind, ...proof })]
    const whole = await provider.chat?.(asked, context())
    expect(proofsIn(whole?.choices[0]?.content ?? [])).toEqual(expected)
    for (const at of [0, 1, 2, 3]) {
      const streaming = fromAiSdk(modelOf(streamOf(kind, metadata, at)))
      const events = await eventsOf(streaming.chatStream?.(asked, context()))
      expect(proofsIn(answerOf(events).choices[0]?.content ?? [])).toEqual(expected)
    }
  })

  it('keeps the proof also where a guardrail edits the answer', async () => {
    for (const [kind, metadata, proof] of vendors) {
      if (Object.keys(proof).length === 0) continue
      const edits = { layers: hiding('said') }
      const content = [contentOf(kind, metadata), { type: 'text' as const, text: 'said' }]
      const model = languageModel(routerOver([fromAiSdk(modelOf([], { content }))], edits), 'app')
      const { responseMessages } = await generateText({ model, prompt: 'Hi', tools })
      expect(proofsIn(await toldNext(responseMessages))).toMatchObject([proof])
      const parts = streamOf(kind, metadata, 1)
      const broken = [
        ...parts.slice(0, 1),
        { type: 'text-start' as const, id: 'x' },
        { type: 'text-delta' as const, id: 'x', delta: 'said' },
        { type: 'text-end' as const, id: 'x' },
        ...parts.slice(1),
      ]
      const result = streamText({
        model: languageModel(routerOver([fromAiSdk(modelOf(broken))], edits), 'app'),
        prompt: 'Hi',
        tools,
      })
      await result.consumeStream()
      expect(proofsIn(await toldNext(await result.responseMessages))).toMatchObject([proof])
    }
  })

  it.each<[string, ChatPart, object]>([
    [
      'anthropic',
      { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic' },
      { anthropic: { signature: 's' }, bedrock: { signature: 's' } },
    ],
    [
      'bedrock',
      { type: 'reasoning', text: '', encrypted: 'r', signedBy: 'bedrock' },
      { anthropic: { redactedData: 'r' }, bedrock: { redactedData: 'r' } },
    ],
    [
      'google',
      { type: 'tool-call', id: 'c', name: 'look', arguments: '{}', signature: 't', signedBy: 'google' },
      { google: { thoughtSignature: 't' } },
    ],
    [
      'google',
      { type: 'text', text: 'said', signature: 't', signedBy: 'google' },
      { google: { thoughtSignature: 't' } },
    ],
    [
      'openai',
      { type: 'reasoning', text: '', encrypted: 'e', signedBy: 'openai' },
      { openai: { reasoningEncryptedContent: 'e' } },
    ],
    ['a vendor whose words are not known', { type: 'text', text: 'x', signature: 's', signedBy: 'y' }, {}],
  ])('are written into the prompts for its models: %s', async (_vendor, part, entries) => {
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    const request: ChatRequest = {
      model: 'm',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'assistant', content: [part] },
      ],
    }
    await fromAiSdk(model).chat?.(request, context())
    const [sent] = (model.doGenerateCalls[0]?.prompt[1]?.content ?? []) as readonly ChatPart[]
    const { signature, signedBy, encrypted } = part as Proof
    const own = JSON.parse(JSON.stringify({ signature, signedBy, encrypted }))
    expect(sent).toMatchObject({ providerOptions: { ...entries, modelspine: own } })
    expect(Object.keys((sent as unknown as { providerOptions: object }).providerOptions).sort()).toEqual(
      [...Object.keys(entries), 'modelspine'].sort(),
    )
  })

  it('does not say twice what a vendor’s metadata say', async () => {
    const metadata = { anthropic: { signature: 's', more: 1 } }
    const content = [contentOf('reasoning', metadata), { type: 'text' as const, text: 'said' }]
    const upstream = fromAiSdk(modelOf([], { content }))
    const model = languageModel(routerOver([upstream], { layers: hiding('said') }), 'app')
    const result = await model.doGenerate(says('Hi'))
    expect(result.content[0]).toEqual({ type: 'reasoning', text: '***', providerMetadata: metadata })
  })
})
