import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import { openaiCompletions } from '../../../../src/dialects/openai/completions/completion-codec.ts'
import { printOpenaiEmbed, printOpenaiEmbedReply } from '../../../../src/dialects/openai/embed.ts'
import type { OpenaiPrinting } from '../../../../src/dialects/openai/printing.ts'
import type { ChatEvent, ChatMessage, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { openTruth } from '../../../truth.ts'

const truth = openTruth('openai-openapi.json')
const options = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const

const bodyOf = (request: ChatRequest, printing: OpenaiPrinting): Record<string, unknown> =>
  JSON.parse(openaiChat.print(request, printing))
const facts = { id: 'r', model: 'm', createdMs: Date.UTC(2026, 0, 1), includeUsage: true }

const user = (text: string): ChatMessage => ({ role: 'user', content: [{ type: 'text', text }] })

const full: ChatRequest = {
  model: 'some-model',
  messages: [
    { role: 'developer', content: [{ type: 'text', text: 'Be brief' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'https://example.com/cat.png', detail: 'low' },
        { type: 'audio', url: 'data:audio/mpeg;base64,AA==' },
        { type: 'file', url: 'data:application/pdf;base64,AA==', filename: 'cat.pdf' },
        { type: 'opaque', vendor: 'another', kind: 'cache', data: { cache: true } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' },
        { type: 'tool-call', id: 'call-0', name: 'query', arguments: 'select 1', custom: true },
      ],
    },
    { role: 'tool', toolCallId: 'call-1', content: [{ type: 'text', text: 'a cat' }] },
    {
      role: 'assistant',
      name: 'cautious',
      content: [{ type: 'refusal', text: 'No' }],
    },
    { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
  ],
  maxOutputTokens: 100,
  choices: 2,
  temperature: 0.5,
  topP: 0.9,
  stop: ['END'],
  seed: 7,
  tools: [
    { type: 'custom', name: 'query', description: 'Runs SQL' },
    {
      type: 'function',
      name: 'look',
      strict: false,
      description: 'Looks',
      parameters: { type: 'object', properties: { at: { type: 'integer' } } },
    },
  ],
  toolChoice: { name: 'look' },
  parallelToolCalls: false,
  reasoningEffort: 'low',
  responseSchema: { name: 'answer', description: 'What to say', schema: { type: 'object', properties: {} } },
  options: { openai: { service_tier: 'flex' }, another: { hidden: true } },
}

const reply: ChatReply = {
  id: 'reply-1',
  model: 'some-model',
  choices: [
    {
      content: [
        { type: 'text', text: 'A cat' },
        { type: 'tool-call', id: 'call-2', name: 'look', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
    },
    { content: [{ type: 'refusal', text: 'No' }], finishReason: 'stop' },
  ],
  usage: { inputTokens: 5, outputTokens: 3, cacheReadTokens: 2 },
}

const events: readonly ChatEvent[] = [
  { parts: [{ type: 'text-delta', text: 'A', choice: 0, block: 0 }] },
  { parts: [{ type: 'refusal-delta', text: 'No', choice: 1, block: 0 }] },
  { parts: [{ type: 'usage', usage: { inputTokens: 5, outputTokens: 3, reasoningTokens: 1 } }] },
  {
    parts: [
      { type: 'tool-call-delta', choice: 0, block: 3, id: 'call-2', name: 'look', arguments: '' },
      { type: 'tool-call-delta', choice: 0, block: 3, arguments: '{}' },
    ],
  },
  { parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] },
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
    const body = bodyOf(request as ChatRequest, { ...options, stream })
    expect(truth.problems('CreateChatCompletionRequest', body, true)).toEqual([])
  })

  it('is a legacy completion that OpenAI takes, with its answer and its stream', () => {
    const asked = {
      model: 'm',
      messages: [user('Hi')],
      maxOutputTokens: 3,
      choices: 2,
      stop: ['END'],
      seed: 1,
    }
    for (const stream of [false, true]) {
      const body = JSON.parse(openaiCompletions.print(asked, { ...options, stream }))
      expect(truth.problems('CreateCompletionRequest', body, true)).toEqual([])
    }
    const texts = { ...reply, choices: [{ content: user('A cat').content, finishReason: 'length' as const }] }
    const answer = JSON.parse(openaiCompletions.printReply(texts, facts))
    expect(truth.problems('CreateCompletionResponse', answer, true)).toEqual([])
    const writer = openaiCompletions.writer({ ...facts, includeUsage: false })
    const pieces = `${writer.write(events)}${writer.end()}`.split('\n\n').slice(0, -1)
    expect(pieces.pop()).toBe('data: [DONE]')
    for (const piece of pieces.filter((each) => !each.includes('"finish_reason":null'))) {
      expect(truth.problems('CreateCompletionResponse', JSON.parse(piece.slice(6)), false)).toEqual([])
    }
    expect(pieces[0]).toContain('"text":"A"')
  })

  it('is an embedding request that OpenAI takes', () => {
    for (const input of [
      ['a', 'b'],
      [[1, 2], [3]],
    ]) {
      const request = { model: 'm', input, dimensions: 3, options: { openai: { user: 'u' } } }
      const body = JSON.parse(printOpenaiEmbed(request, 'openai'))
      expect(truth.problems('CreateEmbeddingRequest', body, true)).toEqual([])
    }
  })

  it("is a reply that OpenAI's clients take", () => {
    const body = JSON.parse(openaiChat.printReply(reply, facts))
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
    const writer = openaiChat.writer(facts)
    const pieces = `${writer.write(events)}${writer.end()}`.split('\n\n').slice(0, -1)
    expect(pieces.pop()).toBe('data: [DONE]')
    const chunks = pieces.map((piece) => JSON.parse(piece.slice('data: '.length)))
    expect(chunks).toHaveLength(6)
    for (const chunk of chunks)
      expect(truth.problems('CreateChatCompletionStreamResponse', chunk, true)).toEqual([])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5, total_tokens: 8 } })
  })

  it("is an embedding reply that OpenAI's clients take", () => {
    const embedded = { model: 'm', embeddings: [[1, 0.5]], usage: { inputTokens: 2 } }
    const body = JSON.parse(printOpenaiEmbedReply(embedded, { model: 'm', input: ['a'] }))
    expect(truth.problems('CreateEmbeddingResponse', body, true)).toEqual([])
  })

  it('fails this check when it is wrong', () => {
    const body = bodyOf(full, options)
    expect(truth.problems('CreateChatCompletionRequest', { ...body, invented: 1 }, true)).not.toEqual([])
    expect(truth.problems('CreateChatCompletionRequest', { ...body, temperature: 9 }, true)).not.toEqual([])
  })

  it('reads back as the request from which it was written', () => {
    const { options: _, ...asked } = full
    const { request } = openaiChat.parse(openaiChat.print(asked, options))
    const { native: __, ...read } = request
    const messages = asked.messages.map((message) => ({
      ...message,
      content: message.content.filter((part) => part.type !== 'opaque' || part.vendor === 'openai'),
    }))
    const responseSchema = { ...asked.responseSchema, strict: false }
    expect(read).toEqual({ ...asked, messages, responseSchema })
  })
})
