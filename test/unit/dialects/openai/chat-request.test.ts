import { describe, expect, it } from 'vitest'
import type { ChatCall } from '../../../../src/dialects/chat-codec.ts'
import { parseOpenaiChat } from '../../../../src/dialects/openai/chat-request.ts'

const user = { role: 'user', content: 'Hi' }
const parse = (body: unknown): ChatCall => parseOpenaiChat(JSON.stringify(body) ?? 'null')

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
    expect(parse(body)).toEqual({
      stream: true,
      includeUsage: true,
      request: {
        model: 'public',
        messages: [
          { role: 'developer', content: [{ type: 'text', text: 'Be kind' }] },
          { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        ],
        maxOutputTokens: 5,
        stop: ['END'],
        unread: [{ field: 'logit_bias' }],
        native: { dialect: 'openai-chat' },
      },
    })
  })

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json_schema', json_schema: { name: 'a', strict: null, schema: {} } }, undefined],
    [{ type: 'json_object', schema: { type: 'object' } }, ['response_format.schema']],
    [
      { type: 'json_schema', json_schema: { name: 'a', grammar: 'g' } },
      ['response_format.json_schema.grammar'],
    ],
    [{ type: 'regex', value: 'a+' }, ['response_format']],
  ])('names what it does not know of the format %j', (format, fields) => {
    const messages = [{ role: 'user', content: 'Hi' }]
    const { unread } = parse({ model: 'm', messages, response_format: format }).request
    expect(unread?.map(({ field }) => field)).toEqual(fields)
  })

  const contentOf = (...content: readonly object[]): unknown =>
    parse({ model: 'm', messages: [{ role: 'user', content }] }).request.messages[0]?.content

  it('reads images, audio, files and refusals, with what only this vendor knows of them', () => {
    expect(
      contentOf(
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
        { type: 'file', file: { file_id: 'f-1', filename: 'a.pdf' } },
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      ),
    ).toEqual([
      { type: 'image', url: 'https://example.com/a.png', detail: 'low' },
      { type: 'audio', url: 'data:audio/mpeg;base64,AA==' },
      { type: 'file', fileId: 'f-1', filename: 'a.pdf' },
      { type: 'text', text: 'a', cacheMark: {} },
    ])
  })

  it('keeps a part and a tool of an unknown kind as they are, and lets nobody leave them out', () => {
    const part = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }
    const kept = { type: 'opaque', vendor: 'openai', kind: 'video_url', data: part, required: true }
    expect(contentOf(part)).toEqual([kept])
    const { request } = parse({ model: 'm', messages: [user], tools: [{ type: 'web_search' }] })
    expect(request.tools).toMatchObject([{ type: 'opaque', kind: 'web_search', required: true }])
  })

  it('reads function calls in the older form as tool calls, each result with its call', () => {
    const call = { name: 'look', arguments: '{}' }
    const { request } = parse({
      model: 'm',
      messages: [
        { role: 'assistant', content: null, function_call: call },
        { role: 'function', name: 'look', content: 'first' },
        { role: 'assistant', function_call: call },
        { role: 'function', name: 'look', content: 'second' },
      ],
      functions: [{ name: 'look' }],
      function_call: { name: 'look' },
    })
    const calls = request.messages.flatMap(({ content }) =>
      content.filter(({ type }) => type === 'tool-call'),
    )
    const answered = request.messages.flatMap(({ toolCallId }) => toolCallId ?? [])
    expect(calls).toMatchObject([
      { id: answered[0], ...call },
      { id: answered[1], ...call },
    ])
    expect(new Set(answered).size).toBe(2)
    expect(request.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'tool'])
    expect(request).toMatchObject({
      tools: [{ type: 'function', name: 'look' }],
      toolChoice: { name: 'look' },
    })
  })

  it('reads custom tools, their calls and reasoning', () => {
    const { request } = parse({
      model: 'm',
      messages: [
        {
          role: 'assistant',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } }],
        },
      ],
      tools: [{ type: 'custom', custom: { name: 'sql' } }],
      tool_choice: { type: 'custom', custom: { name: 'sql' } },
    })
    expect(request.messages[0]?.content).toMatchObject([
      { type: 'reasoning', text: 'hm' },
      { type: 'tool-call', id: 'c', name: 'sql', arguments: 'select 1', custom: true },
    ])
    expect(request.tools).toEqual([{ type: 'custom', name: 'sql' }])
    expect(request.toolChoice).toEqual({ name: 'sql', custom: true })
  })

  it('leaves the ranges of a seed and a temperature to the server', () => {
    const { request } = parseOpenaiChat(
      '{"model":"m","messages":[{"role":"user","content":"x"}],"seed":12345678901234567890,"temperature":2.5}',
    )
    expect(request).toMatchObject({ seed: 12345678901234567000, temperature: 2.5 })
  })

  const message = (more: object): object => ({ model: 'm', messages: [user, more] })
  it.each([
    ['no body', null, 'the body is null; write an object'],
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
      'messages[1].role is "robot"; write system, developer, user, assistant, tool or function',
    ],
    [
      'an inherited name as its role',
      message({ role: 'constructor' }),
      'messages[1].role is "constructor"; write system, developer, user, assistant, tool or function',
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
      'a temperature below zero',
      { model: 'm', messages: [user], temperature: -1 },
      'temperature is -1; write a number of at least 0',
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
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(text) }),
    )
  })

  it('calls a text that is not JSON a bad request', () => {
    expect(() => parseOpenaiChat('{')).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })

  it('gives the field in the details of its error', () => {
    const refusal = expect.objectContaining({ details: { field: 'messages[0].role' } })
    expect(() => parse({ model: 'm', messages: [{}] })).toThrow(refusal)
  })
})
