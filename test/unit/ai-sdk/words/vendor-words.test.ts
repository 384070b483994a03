/** The words of vendors for their proofs of thoughts, in metadata and in prompts of the AI SDK. */

import type {
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { generateText, streamText } from 'ai'
import type { ChatPart, ChatRequest } from 'modelspine/adapter'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/ai-sdk/words/read-request.ts'
import { answerOf } from '../../dialects/pairs/answer-meaning.ts'
import { finishReason, hiding, modelOf, routerOver, says, usage } from '../route/route-world.ts'
import { context, eventsOf, type Proof, proofsIn, toldNext, tools } from './proof-world.ts'

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
      'google, beside what else its models read',
      {
        type: 'text',
        text: 'said',
        signature: 't',
        signedBy: 'google',
        options: { 'ai-sdk': { google: { more: 1 } } },
      },
      { google: { more: 1, thoughtSignature: 't' } },
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

  it('keeps what was passed on before a guardrail began to edit', async () => {
    const edits = { layers: hiding('said') }
    const call = { toolName: 'look', toolCallId: 'c', id: 'c' }
    const thought = { id: 'b', type: 'reasoning-delta' as const }
    const streams: readonly (readonly [readonly LanguageModelV4StreamPart[], object])[] = [
      [
        [
          { type: 'reasoning-start', id: 'b', providerMetadata: { anthropic: { redactedData: 'r' } } },
          { ...thought, delta: 'said' },
          { ...thought, delta: '', providerMetadata: { anthropic: { signature: 's' } } },
          { type: 'reasoning-end', id: 'b' },
        ],
        { encrypted: 'r', signature: 's', signedBy: 'anthropic' },
      ],
      [
        [
          { ...call, type: 'tool-input-start', providerMetadata: { google: { thoughtSignature: 't' } } },
          { ...call, type: 'tool-input-delta', delta: '"said"' },
          { ...call, type: 'tool-input-end' },
          { ...call, type: 'tool-call', input: '"said"' },
        ],
        { signature: 't', signedBy: 'google' },
      ],
    ]
    for (const [parts, proof] of streams) {
      const upstream = fromAiSdk(modelOf([...parts, { type: 'finish', usage, finishReason }]))
      const model = languageModel(routerOver([upstream], edits), 'app')
      const result = streamText({ model, prompt: 'Hi', tools })
      await result.consumeStream()
      expect(proofsIn(await toldNext(await result.responseMessages))).toMatchObject([proof])
    }
  })

  it('are no options of a prompt that another provider would have to leave out', () => {
    const read = (providerOptions: SharedV4ProviderMetadata): unknown => {
      const part = { type: 'reasoning' as const, text: 'hm', providerOptions }
      return readRequest({ prompt: [{ role: 'assistant', content: [part] }] }).request.messages[0]?.content[0]
    }
    const signed = { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic' }
    expect(read({ anthropic: { signature: 's' } })).toEqual(signed)
    expect(
      read({ modelspine: { signature: 's', signedBy: 'anthropic' }, bedrock: { signature: 's' } }),
    ).toEqual(signed)
    // What could not be written again stays.
    expect(read({ anthropic: { signature: 's', more: 1 } })).toEqual({
      ...signed,
      options: { 'ai-sdk': { anthropic: { more: 1 } } },
    })
    const two = { anthropic: { signature: 's' }, google: { thoughtSignature: 's' } }
    expect(read(two)).toEqual({ ...signed, options: { 'ai-sdk': { google: two.google } } })
    expect(read({ vertex: { thoughtSignature: 't' } })).toMatchObject({
      signature: 't',
      signedBy: 'google',
      options: { 'ai-sdk': { vertex: { thoughtSignature: 't' } } },
    })
  })
})
