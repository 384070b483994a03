/** What a caller's body says inside the parts that the contract has words for. */
import {
  anthropicMessages,
  type ChatRequest,
  ListingCarriage,
  openaiChat,
  openaiResponses,
} from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'

const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const

function read(message: object, more: object = {}): ChatRequest {
  const hello = { role: 'user', content: 'Hi' }
  return openaiChat.parse(JSON.stringify({ model: 'm', messages: [hello, message], ...more })).request
}

/** What another dialect tells of the request. */
function told(request: ChatRequest): readonly string[] {
  const carriage = new ListingCarriage('x')
  anthropicMessages.print(
    { maxOutputTokens: 9, ...request },
    { stream: false, vendor: 'anthropic', carriage },
  )
  return [...carriage.refused, ...carriage.approximated].map(({ field }) => field)
}

const call = { id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }
const signature = { google: { thought_signature: 's' } }
const takesDetails = { extensions: new Set(['reasoning_details'] as const) }

const part = (content: object): object => ({ role: 'user', content: [content] })
const url = 'https://example.com/a.png'

describe('what a body says inside a part', () => {
  it.each<[string, object, string]>([
    ['an image', part({ type: 'image_url', image_url: { url, crop: 1 } }), 'messages[1].content[0].options'],
    [
      'a file',
      part({ type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', pages: 2 } }),
      'messages[1].content[0].options',
    ],
    ['reasoning of a user', { role: 'user', content: 'a', reasoning_content: 'hm' }, 'messages[1].options'],
    ['calls of a user', { role: 'user', content: 'a', tool_calls: [] }, 'messages[1].options'],
    [
      'a thought of an unknown kind',
      { role: 'assistant', content: 'a', reasoning_details: [{ type: 'reasoning.tool', id: 'x' }] },
      'messages[1].options',
    ],
    [
      'what stands beside a signature',
      { role: 'assistant', content: 'a', extra_content: { google: { note: 1 } } },
      'messages[1].options',
    ],
    [
      'a signature without a text',
      { role: 'assistant', tool_calls: [call], extra_content: signature },
      'messages[1].options',
    ],
    [
      'what stands beside the signature of a call',
      { role: 'assistant', tool_calls: [{ ...call, extra_content: { google: { note: 1 } } }] },
      'messages[1].content[0].options',
    ],
    [
      'what a call says of its function',
      { role: 'assistant', tool_calls: [{ ...call, function: { ...call.function, note: 1 } }] },
      'messages[1].content[0].options',
    ],
    [
      'what a call in the older form says',
      { role: 'assistant', function_call: { ...call.function, note: 1 } },
      'messages[1].options',
    ],
  ])('is told in another dialect: %s', (_, message, field) => {
    expect(told(read(message))).toEqual([field])
  })

  it.each<[object, string[]]>([
    [{ tool_choice: { type: 'function', function: { name: 'f', note: 1 } } }, ['tool_choice.function.note']],
    [
      { tool_choice: { type: 'custom', custom: { name: 'f', note: 1 }, more: 2 } },
      ['tool_choice.more', 'tool_choice.custom.note'],
    ],
    [{ function_call: { name: 'f', note: 1 } }, ['function_call.note']],
    [{ tool_choice: { type: 'function', function: { name: 'f' } } }, []],
  ])('is refused in another dialect where it chooses a tool: %j', (more, fields) => {
    const { unread = [] } = read({ role: 'user', content: 'a' }, more)
    expect(unread).toEqual(fields.map((field) => ({ field })))
  })

  it('stays in an edited answer for a server of the same format', () => {
    const message = {
      role: 'assistant',
      content: 'a',
      reasoning_details: [
        { type: 'reasoning.tool', id: 'x' },
        { type: 'reasoning.text', text: 'hm' },
      ],
      extra_content: { google: { thought_signature: 's', note: 1 }, other: 2 },
      tool_calls: [
        {
          ...call,
          function: { ...call.function, note: 1 },
          extra_content: { google: { thought_signature: 't', note: 2 } },
        },
      ],
    }
    const request = read(message)
    const [hello, answer] = request.messages
    const edited = { ...answer, name: 'bot' } as ChatRequest['messages'][number]
    const body = JSON.parse(
      openaiChat.print({ ...request, messages: [hello as never, edited] }, { ...printing, ...takesDetails }),
    )
    expect(body.messages[1]).toEqual({ ...message, name: 'bot' })
  })

  it('is told of the user, of a choice and of a tool', () => {
    expect(told(read(part({ type: 'text', text: 'a' }), { user: 'ann', safety_identifier: 'bob' }))).toEqual([
      'safety_identifier',
    ])
    const custom = {
      type: 'custom',
      custom: { name: 'a', examples: [] },
      cache_control: { type: 'ephemeral' },
    }
    const { tools } = read(part({ type: 'text', text: 'a' }), { tools: [custom] })
    expect(tools?.[0]?.type === 'custom' && tools[0].options).toEqual({
      openai: { cache_control: { type: 'ephemeral' }, custom: { examples: [] } },
    })
  })

  it('stays in an edited message for a server of the same format', () => {
    const request = read(part({ type: 'image_url', image_url: { url, crop: 1 }, extra: 2 }))
    const [hello, message] = request.messages
    const edited = { ...message, name: 'ann' } as ChatRequest['messages'][number]
    const { native: _, ...rest } = request
    for (const sent of [
      { ...request, messages: [hello as never, edited] },
      { ...rest, messages: [edited] },
    ]) {
      const body = JSON.parse(openaiChat.print(sent, printing))
      expect(body.messages.at(-1)).toEqual({
        role: 'user',
        name: 'ann',
        content: [{ type: 'image_url', image_url: { url, crop: 1 }, extra: 2 }],
      })
    }
  })
})

it('options turn no whole answer into a stream', () => {
  const options = { openai: { stream: true, stream_options: { include_usage: true }, service_tier: 'flex' } }
  const request: ChatRequest = {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    options,
  }
  for (const text of [openaiChat.print(request, printing), openaiResponses.print(request, printing)]) {
    const body = JSON.parse(text)
    expect(body).toMatchObject({ service_tier: 'flex' })
    expect(body).not.toHaveProperty('stream')
    expect(body).not.toHaveProperty('stream_options')
  }
})
