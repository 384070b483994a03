import {
  type ChatPart,
  type ChatRequest,
  isModelspineError,
  ListingCarriage,
  openaiChat,
} from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import type { OpenaiExtension, OpenaiPrinting } from '../../../../src/dialects/openai/printing.ts'

const plain: OpenaiPrinting = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' }

const all: readonly OpenaiExtension[] = [
  'top_k',
  'cache_control',
  'reasoning_content',
  'reasoning_details',
  'images_anywhere',
]

function asking(request: Partial<ChatRequest>): ChatRequest {
  return { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }], ...request }
}

function says(role: 'assistant' | 'tool' | 'system', ...content: readonly ChatPart[]): ChatRequest {
  return asking({ messages: [{ role, content }] })
}

/** What is lost of a request for a server with these extensions, and what is sent. */
function printed(request: ChatRequest, extensions: readonly OpenaiExtension[] = []) {
  const carriage = new ListingCarriage('x')
  const body = JSON.parse(openaiChat.print(request, { ...plain, carriage, extensions: new Set(extensions) }))
  return {
    body,
    refused: carriage.refused.map(({ field }) => field),
    approximated: carriage.approximated.map(({ field, what }) => `${field}: ${what}`),
  }
}

const image: ChatPart = { type: 'image', url: 'data:image/png;base64,AA==' }
const thought: ChatPart = { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic' }
const call: ChatPart = {
  type: 'tool-call',
  id: '1',
  name: 'f',
  arguments: '{}',
  signature: 's',
  signedBy: 'google',
}

describe('what OpenAI’s chat completions lack', () => {
  it.each<[string, ChatRequest]>([
    ['messages[0].content[0]', says('tool', image)],
    ['messages[0].content[0]', says('system', image)],
    ['messages[0].content[0]', says('assistant', { type: 'file', url: 'data:text/plain;base64,AA==' })],
    [
      'messages[0].content[0]',
      asking({ messages: [{ role: 'user', content: [{ type: 'image', url: 's3://a/b' }] }] }),
    ],
    [
      'messages[0].content[0]',
      asking({
        messages: [{ role: 'user', content: [{ type: 'tool-call', id: '1', name: 'f', arguments: '{}' }] }],
      }),
    ],
    ['tools[0]', asking({ tools: [{ type: 'opaque', vendor: 'x', kind: 'k', data: {}, required: true }] })],
    ['top_logprobs', asking({ unread: [{ field: 'top_logprobs' }] })],
  ])('is refused by its place: %s', (place, request) => {
    expect(printed(request).refused).toEqual([place])
    try {
      openaiChat.print(request, plain)
      expect.unreachable()
    } catch (error) {
      expect(isModelspineError(error, 'unsupported') && error.details).toEqual({ field: place })
    }
  })

  it.each<[string, ChatRequest, OpenaiExtension | undefined]>([
    ['topK: left out', asking({ topK: 3 }), 'top_k'],
    ['reasoningTokens: reasoning_effort "medium"', asking({ reasoningTokens: 5000 }), undefined],
    ['reasoningTokens: reasoning_effort "none"', asking({ reasoningTokens: 0 }), undefined],
    [
      'reasoningTokens: reasoning_effort "minimal"',
      asking({ reasoningTokens: 9, reasoningEffort: 'minimal' }),
      undefined,
    ],
    ['messages[0].content[0]: left out', says('assistant', thought), 'reasoning_details'],
    ['messages[0].content[0].signature: left out', says('assistant', call), 'reasoning_details'],
    [
      'messages[0].content[0].signature: left out',
      says('assistant', { type: 'text', text: 'a', signature: 's' }),
      'reasoning_details',
    ],
    [
      'messages[0].content[0].cacheMark: left out',
      says('system', { type: 'text', text: 'a', cacheMark: {} }),
      'cache_control',
    ],
    [
      'messages[0].content[0].cacheMark: left out',
      says('assistant', { type: 'tool-call', id: '1', name: 'f', arguments: '{}', cacheMark: {} }),
      undefined,
    ],
    ['messages[0].content[0]: left out', says('system', { type: 'reasoning', text: 'hm' }), undefined],
    [
      'tools[0].cacheMark: left out',
      asking({ tools: [{ type: 'function', name: 'f', parameters: {}, cacheMark: {} }] }),
      'cache_control',
    ],
    [
      'tools[0]: left out',
      asking({ tools: [{ type: 'opaque', vendor: 'x', kind: 'k', data: {} }] }),
      undefined,
    ],
    [
      'tools[0].options.x: left out',
      asking({ tools: [{ type: 'function', name: 'f', parameters: {}, options: { x: {} } }] }),
      undefined,
    ],
    [
      'messages[0].content[0].options.x: left out',
      says('system', { type: 'text', text: 'a', options: { x: {} } }),
      undefined,
    ],
    [
      'messages[0].content[0].transcript: left out',
      asking({
        messages: [
          {
            role: 'user',
            content: [{ type: 'audio', url: 'data:audio/wav;base64,AA==', transcript: 'Hi' }],
          },
        ],
      }),
      undefined,
    ],
    ['store: left out', asking({ unread: [{ field: 'store', hint: true }] }), undefined],
    [
      'messages[0].toolFailed: left out, so that only the content says it',
      asking({ messages: [{ role: 'tool', toolFailed: true, toolCallId: '1', content: [] }] }),
      undefined,
    ],
  ])('is told where it only shapes the answer: %s', (told, request, extension) => {
    expect(printed(request).approximated).toEqual([told])
    expect(printed(request).refused).toEqual([])
    if (extension !== undefined) expect(printed(request, [extension]).approximated).toEqual([])
  })

  it('is taken by servers that say so', () => {
    const marked: ChatPart = { type: 'text', text: 'a', cacheMark: { ttl: '1h' } }
    const { body, refused, approximated } = printed(
      asking({
        topK: 3,
        messages: [
          { role: 'system', content: [marked] },
          { role: 'assistant', content: [thought, call] },
          { role: 'tool', toolCallId: '1', content: [image] },
        ],
        tools: [{ type: 'function', name: 'f', parameters: {}, cacheMark: {} }],
      }),
      all,
    )
    expect([refused, approximated]).toEqual([[], []])
    expect(body).toMatchObject({
      top_k: 3,
      messages: [
        { content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        {
          reasoning_content: 'hm',
          reasoning_details: [
            { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1' },
          ],
          tool_calls: [{ id: '1', extra_content: { google: { thought_signature: 's' } } }],
        },
        { content: [{ type: 'image_url' }] },
      ],
      tools: [{ type: 'function', cache_control: { type: 'ephemeral' } }],
    })
  })
})

describe('signatures in OpenAI’s chat completions', () => {
  const signed: ChatPart[] = [
    thought,
    { type: 'reasoning', text: '', encrypted: 'e', signedBy: 'openai' },
    { type: 'text', text: 'Yes', signature: 't', signedBy: 'google' },
    call,
  ]
  const facts = { id: 'i', model: 'm', createdMs: 0, includeUsage: false }
  const failed = (): never => expect.unreachable()

  it('come with whole answers, and back with the next request', () => {
    const reply = {
      id: 'i',
      model: 'm',
      choices: [{ content: signed, finishReason: 'stop' as const }],
      usage: {},
    }
    const text = openaiChat.printReply(reply, facts)
    expect(openaiChat.parseReply(text, failed).choices[0]?.content).toEqual(signed)
    const { message } = JSON.parse(text).choices[0]
    const { request } = openaiChat.parse(JSON.stringify({ model: 'm', messages: [message] }))
    expect(request.messages[0]?.content).toEqual(signed)
  })

  it('come in streams', () => {
    const parts = [
      { type: 'reasoning-delta', text: 'h', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: 'm', signature: 's', signedBy: 'anthropic', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: '', encrypted: 'e', signedBy: 'openai', choice: 0, block: 0 },
      { type: 'text-delta', text: 'Yes', signature: 't', signedBy: 'google', choice: 0, block: 1 },
      { type: 'text-delta', text: '', signature: 'u', signedBy: 'google', choice: 0, block: 1 },
      {
        type: 'tool-call-delta',
        id: '1',
        name: 'f',
        arguments: '{}',
        signature: 's',
        signedBy: 'google',
        choice: 0,
        block: 4,
      },
    ] as const
    const written = openaiChat.writer(facts).write(parts.map((part) => ({ parts: [part] })))
    const reader = openaiChat.reader(asking({}), failed)
    const read = written
      .split('\n\n')
      .filter((event) => event !== '')
      .flatMap((event) => reader.read('message', event.slice('data: '.length))?.parts ?? [])
    expect(read).toEqual(parts)
  })
})
