import { describe, expect, it } from 'vitest'
import { OpenaiChunkWriter } from '../../../../src/dialects/openai/chat-chunk.ts'
import { openaiChatReply } from '../../../../src/dialects/openai/chat-reply.ts'
import { openaiChatBody, parseOpenaiChat } from '../../../../src/dialects/openai/chat-request.ts'
import { openaiEmbedBody, openaiEmbedReply } from '../../../../src/dialects/openai/embed.ts'
import type { ChatEvent, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { openTruth } from '../../../truth.ts'

const truth = openTruth('openai-openapi.json')
const options = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const

const full: ChatRequest = {
  model: 'some-model',
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'https://example.com/cat.png' },
        {
          type: 'opaque',
          vendor: 'openai',
          data: { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        },
        { type: 'opaque', vendor: 'another', data: { cache: true } },
      ],
    },
    {
      role: 'assistant',
      content: [{ type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' }],
    },
    { role: 'tool', toolCallId: 'call-1', content: [{ type: 'text', text: 'a cat' }] },
    {
      role: 'assistant',
      content: [{ type: 'opaque', vendor: 'openai', data: { type: 'refusal', refusal: 'No' } }],
    },
    { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
  ],
  maxOutputTokens: 100,
  temperature: 0.5,
  topP: 0.9,
  stop: ['END'],
  seed: 7,
  tools: [
    {
      name: 'look',
      description: 'Looks',
      parameters: { type: 'object', properties: { at: { type: 'integer' } } },
    },
  ],
  toolChoice: { name: 'look' },
  responseSchema: { name: 'answer', schema: { type: 'object', properties: {} } },
  options: { openai: { service_tier: 'flex' }, another: { hidden: true } },
}

const reply: ChatReply = {
  id: 'reply-1',
  model: 'some-model',
  content: [
    { type: 'text', text: 'A cat' },
    { type: 'tool-call', id: 'call-2', name: 'look', arguments: '{}' },
  ],
  finishReason: 'tool-calls',
  usage: { inputTokens: 5, outputTokens: 3, cacheReadTokens: 2 },
}

const events: readonly ChatEvent[] = [
  { type: 'text-delta', text: 'A' },
  { type: 'usage', usage: { inputTokens: 5, outputTokens: 3 } },
  { type: 'tool-call-delta', index: 0, id: 'call-2', name: 'look', arguments: '' },
  { type: 'tool-call-delta', index: 0, arguments: '{}' },
  { type: 'finish', finishReason: 'tool-calls' },
]

describe.skipIf(truth.missing !== undefined)("a body written in OpenAI's format", () => {
  it.each([
    [
      'only the required fields',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] },
      false,
    ],
    ['all fields', full, false],
    ['all fields, streamed', full, true],
    ['a tool choice by word', { ...full, toolChoice: 'required' }, false],
  ] as const)('is a chat request that OpenAI takes: %s', (_what, request, stream) => {
    const body = openaiChatBody(request as ChatRequest, { ...options, stream })
    expect(truth.problems('CreateChatCompletionRequest', body, true)).toEqual([])
  })

  it('is an embedding request that OpenAI takes', () => {
    for (const input of [
      ['a', 'b'],
      [[1, 2], [3]],
    ]) {
      const body = openaiEmbedBody(
        { model: 'm', input, dimensions: 3, options: { openai: { user: 'u' } } },
        'openai',
      )
      expect(truth.problems('CreateEmbeddingRequest', body, true)).toEqual([])
    }
  })

  it("is a reply that OpenAI's clients take", () => {
    const body = openaiChatReply(reply, Date.UTC(2026, 0, 1))
    expect(truth.problems('CreateChatCompletionResponse', body, true)).toEqual([])
    expect(body).toMatchObject({
      created: 1_767_225_600,
      usage: {
        prompt_tokens: 7,
        completion_tokens: 3,
        total_tokens: 10,
        prompt_tokens_details: { cached_tokens: 2 },
      },
    })
  })

  it("is a stream that OpenAI's clients take", () => {
    const writer = new OpenaiChunkWriter({ id: 'r', model: 'm', createdMs: 0, includeUsage: true })
    const chunks = [...events.map((event) => writer.write(event)), writer.end()].filter(
      (chunk) => chunk !== undefined,
    )
    expect(chunks).toHaveLength(5)
    for (const chunk of chunks)
      expect(truth.problems('CreateChatCompletionStreamResponse', chunk, true)).toEqual([])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5, total_tokens: 8 } })
  })

  it("is an embedding reply that OpenAI's clients take", () => {
    const body = openaiEmbedReply(
      { model: 'm', embeddings: [[1, 0.5]], usage: { inputTokens: 2 } },
      { model: 'm', input: ['a'] },
    )
    expect(truth.problems('CreateEmbeddingResponse', body, true)).toEqual([])
  })

  it('fails this check when it is wrong', () => {
    const body = openaiChatBody(full, options)
    expect(truth.problems('CreateChatCompletionRequest', { ...body, invented: 1 }, true)).not.toEqual([])
    expect(truth.problems('CreateChatCompletionRequest', { ...body, temperature: 9 }, true)).not.toEqual([])
  })

  it('reads back as the request from which it was written', () => {
    const { options: _, ...asked } = full
    const { request } = parseOpenaiChat(openaiChatBody(asked, options))
    const { native: __, ...read } = request
    const messages = asked.messages.map((message) => ({
      ...message,
      content: message.content.filter((part) => part.type !== 'opaque' || part.vendor === 'openai'),
    }))
    expect(read).toEqual({ ...asked, messages })
  })
})
