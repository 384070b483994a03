import { describe, expect, it } from 'vitest'
import { OpenaiChunkWriter, readOpenaiChatChunk } from '../../../../src/dialects/openai/chat-chunk.ts'
import { openaiChatReply, readOpenaiChatReply } from '../../../../src/dialects/openai/chat-reply.ts'
import { openaiChatBody, parseOpenaiChat } from '../../../../src/dialects/openai/chat-request.ts'

const user = { role: 'user', content: 'Hi' }
const options = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const

describe('parseOpenaiChat', () => {
  it('reads the fields that the contract knows, and keeps the whole body', () => {
    const body = {
      model: 'public',
      messages: [{ role: 'developer', content: [{ type: 'text', text: 'Be kind' }] }, user],
      max_tokens: 5,
      stop: 'END',
      temperature: null,
      stream: true,
      stream_options: { include_usage: true },
      logit_bias: { 1: 2 },
    }
    expect(parseOpenaiChat(body)).toEqual({
      stream: true,
      includeUsage: true,
      request: {
        model: 'public',
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be kind' }] },
          { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        ],
        maxOutputTokens: 5,
        stop: ['END'],
        native: { dialect: 'openai-chat', body },
      },
    })
  })

  it('keeps a content part that only this format has, marked for its vendor', () => {
    const part = { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }
    const { request } = parseOpenaiChat({ model: 'm', messages: [{ role: 'user', content: [part] }] })
    expect(request.messages[0]?.content).toEqual([{ type: 'opaque', vendor: 'openai', data: part }])
  })

  const message = (more: object): object => ({ model: 'm', messages: [user, more] })
  it.each([
    ['no body', undefined, 'the body is missing; write an object'],
    ['a list', [], 'the body is an empty list; write an object'],
    ['no model', { messages: [user] }, 'model is missing; write the name of a model'],
    [
      'no messages',
      { model: 'm', messages: [] },
      'messages is an empty list; write a list of at least one message',
    ],
    [
      'a message that is not an object',
      { model: 'm', messages: ['Hi'] },
      'messages[0] is "Hi"; write an object',
    ],
    [
      'an unknown role',
      message({ role: 'robot' }),
      'messages[1].role is "robot"; write system, developer, user, assistant or tool',
    ],
    [
      'an inherited name as its role',
      message({ role: 'constructor' }),
      'messages[1].role is "constructor"; write system, developer, user, assistant or tool',
    ],
    [
      'content of a wrong type',
      message({ role: 'user', content: 42 }),
      'messages[1].content is 42; write a string or a list of content parts',
    ],
    ['no content', message({ role: 'user' }), 'messages[1].content is missing'],
    [
      'a part without its text',
      message({ role: 'user', content: [{ type: 'text' }] }),
      'messages[1].content[0].text is missing; write a string',
    ],
    [
      'a tool message without its call',
      message({ role: 'tool', content: 'a' }),
      'messages[1].tool_call_id is missing',
    ],
    [
      'arguments that are not a text',
      message({ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] }),
      'messages[1].tool_calls[0].function.arguments is an object; write the arguments as a JSON text',
    ],
    [
      'a temperature out of range',
      { model: 'm', messages: [user], temperature: 3 },
      'temperature is 3; write a number from 0 to 2',
    ],
    [
      'a number as text',
      { model: 'm', messages: [user], top_p: '1' },
      'top_p is "1"; write a number from 0 to 1',
    ],
    [
      'a token limit of 0',
      { model: 'm', messages: [user], max_tokens: 0 },
      'max_tokens is 0; write a whole number of at least 1',
    ],
    [
      'a stream flag that is a text',
      { model: 'm', messages: [user], stream: 'yes' },
      'stream is "yes"; write true or false',
    ],
    [
      'a wrong stop',
      { model: 'm', messages: [user], stop: [1] },
      'stop is a list of 1; write a string or a list of strings',
    ],
    [
      'a wrong tool_choice',
      { model: 'm', messages: [user], tool_choice: 'any' },
      'tool_choice is "any"; write auto, none, required',
    ],
    [
      'a tool without its function',
      { model: 'm', messages: [user], tools: [{ type: 'function' }] },
      'tools[0].function is missing',
    ],
    [
      'a long value',
      { model: 'm', messages: 'secret prompt '.repeat(9) },
      'messages is a string of 126 characters',
    ],
  ])('refuses %s and names the field, its value and the remedy', (_what, body, text) => {
    expect(() => parseOpenaiChat(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(text) }),
    )
  })

  it('gives the field in the details of its error', () => {
    const refusal = expect.objectContaining({ details: { field: 'messages[0].role' } })
    expect(() => parseOpenaiChat({ model: 'm', messages: [{}] })).toThrow(refusal)
  })
})

describe('openaiChatBody', () => {
  const body = { model: 'public', messages: [user], n: 2, stream: true, stream_options: { other: 1 } }
  const { request } = parseOpenaiChat(body)
  const asked = { ...request, model: 'at-the-backend' }

  it('keeps a request of its own dialect unchanged, except for the model', () => {
    expect(openaiChatBody(asked, options)).toEqual({
      model: 'at-the-backend',
      messages: [user],
      n: 2,
    })
  })

  it('asks for usage in a stream, and keeps the other stream options', () => {
    expect(openaiChatBody(asked, { ...options, stream: true })).toEqual({
      ...body,
      model: 'at-the-backend',
      stream_options: { other: 1, include_usage: true },
    })
  })

  it('names the output limit as the vendor names it', () => {
    const bounded = { model: 'm', messages: [], maxOutputTokens: 3 }
    expect(openaiChatBody(bounded, { ...options, maxTokensField: 'max_tokens' })).toEqual({
      model: 'm',
      messages: [],
      max_tokens: 3,
    })
  })

  it('renames the output limit in a native body too, so that a server which knows one name gets the cap', () => {
    const native = { dialect: 'openai-chat', body: { max_completion_tokens: 3 } }
    const sent = openaiChatBody(
      { model: 'm', messages: [], native },
      { ...options, maxTokensField: 'max_tokens' },
    )
    expect(sent).toEqual({ model: 'm', max_tokens: 3 })
  })
})

describe('readOpenaiChatReply', () => {
  it('reads tool calls and a refusal, and counts each token in only one class', () => {
    const body = {
      id: 'c1',
      model: 'm-2026',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            refusal: 'No',
            tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
      },
    }
    const reply = readOpenaiChatReply(body)
    expect(reply).toEqual({
      id: 'c1',
      model: 'm-2026',
      content: [
        { type: 'opaque', vendor: 'openai', data: { type: 'refusal', refusal: 'No' } },
        { type: 'tool-call', id: 't1', name: 'look', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
      usage: { inputTokens: 5, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 1 },
      native: { dialect: 'openai-chat', body },
    })
    expect(openaiChatReply(reply, 0)).toBe(body)
  })

  it.each([
    {},
    null,
    { choices: [] },
    { choices: [{ message: null }] },
    { choices: [{ message: { tool_calls: [1] } }] },
  ])('calls %j malformed', (body) => {
    expect(() => readOpenaiChatReply(body)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })

  it('reports no usage when the vendor gave no usage', () => {
    expect(readOpenaiChatReply({ choices: [{ message: { content: 'a' } }] }).usage).toEqual({})
  })
})

describe('readOpenaiChatChunk', () => {
  const native = (body: object): object => ({ dialect: 'openai-chat', body })

  it('splits a chunk into its parts, and puts the whole chunk on the first part', () => {
    const body = {
      choices: [
        {
          delta: {
            content: 'a',
            tool_calls: [{ index: 1, id: 't', function: { name: 'f', arguments: '' } }],
          },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 3 },
    }
    expect(readOpenaiChatChunk(body, true)).toEqual([
      { type: 'text-delta', text: 'a', native: native(body) },
      { type: 'tool-call-delta', index: 1, id: 't', name: 'f', arguments: '' },
      { type: 'finish', finishReason: 'stop' },
      { type: 'usage', usage: { inputTokens: 3 } },
    ])
  })

  it('counts usage that the caller did not ask for, but hides it from the caller', () => {
    const choices = [{ delta: { content: 'a' } }]
    const usage = { completion_tokens: 1 }
    expect(readOpenaiChatChunk({ choices: [], usage }, false)).toEqual([
      { type: 'usage', usage: { outputTokens: 1 } },
    ])
    expect(readOpenaiChatChunk({ choices, usage }, false)[0]).toEqual({
      type: 'text-delta',
      text: 'a',
      native: native({ choices }),
    })
    expect(readOpenaiChatChunk({ choices, usage: null }, false)).toEqual([
      { type: 'text-delta', text: 'a', native: native({ choices }) },
    ])
  })

  it('passes a chunk on when it knows no part of it', () => {
    const filtered = { choices: [], prompt_filter_results: [] }
    const second = { choices: [{ index: 1, delta: { content: 'b' } }] }
    for (const body of [filtered, second]) {
      expect(readOpenaiChatChunk(body, false)).toEqual([{ type: 'other', native: native(body) }])
    }
  })

  it.each([1, {}, { choices: [1] }, { choices: [{ delta: { tool_calls: ['x'] } }] }])(
    'calls %j malformed',
    (body) => {
      expect(() => readOpenaiChatChunk(body, false)).toThrow(
        expect.objectContaining({ code: 'malformed-reply' }),
      )
    },
  )
})

describe('OpenaiChunkWriter', () => {
  const writer = (includeUsage: boolean): OpenaiChunkWriter =>
    new OpenaiChunkWriter({ id: 'r', model: 'm', createdMs: 0, includeUsage })

  it('passes each chunk of its own dialect on once and unchanged', () => {
    const body = {
      choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1 },
    }
    const open = writer(true)
    const written = readOpenaiChatChunk(body, true).map((event) => open.write(event))
    expect(written).toEqual([body, undefined, undefined])
    expect(open.end()).toBeUndefined()
  })

  it('announces the role once, and writes no usage when the caller did not ask for it', () => {
    const open = writer(false)
    const deltas = ['a', 'b'].map((text) => open.write({ type: 'text-delta', text }))
    open.write({ type: 'usage', usage: { inputTokens: 1 } })
    expect(deltas).toMatchObject([
      { choices: [{ delta: { role: 'assistant', content: 'a' } }] },
      { choices: [{ delta: { content: 'b' } }] },
    ])
    expect(deltas[1]).not.toHaveProperty('usage')
    expect(open.end()).toBeUndefined()
  })

  it('writes no usage when the vendor gave no usage', () => {
    expect(writer(true).end()).toBeUndefined()
  })
})
