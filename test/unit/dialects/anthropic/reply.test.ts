import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatReply } from '../../../../src/provider/contract.ts'
import { foreignReply } from './samples.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const facts = { id: 'msg_x', model: 'route', createdMs: 0, includeUsage: true }
const message = (more: object = {}): string =>
  JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], ...more })
const parse = (more: object = {}): ChatReply => anthropicMessages.parseReply(message(more), errorOf)
const print = (reply: ChatReply): Record<string, unknown> =>
  JSON.parse(anthropicMessages.printReply(reply, facts))

describe('an answer in Anthropic’s format', () => {
  it('is read block by block', () => {
    const server = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
    const citations = [{ type: 'char_location' }]
    const content = [
      { type: 'thinking', thinking: 'Hm', signature: 'abc' },
      { type: 'redacted_thinking', data: 'def' },
      { type: 'text', text: 'Hello', citations },
      { type: 'tool_use', id: 'a', name: 'f', input: { n: 1 }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'b', name: 'g', input: {}, caller: { type: 'code', tool_id: 's' } },
      server,
    ]
    expect(parse({ content, stop_reason: 'tool_use' })).toEqual({
      id: 'msg_1',
      model: 'm',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'Hm', signature: 'abc', signedBy: 'anthropic' },
            { type: 'reasoning', text: '', encrypted: 'def', signedBy: 'anthropic' },
            { type: 'text', text: 'Hello', options: { anthropic: { citations } } },
            { type: 'tool-call', id: 'a', name: 'f', arguments: '{"n":1}' },
            {
              type: 'tool-call',
              id: 'b',
              name: 'g',
              arguments: '{}',
              options: { anthropic: { caller: { type: 'code', tool_id: 's' } } },
            },
            { type: 'opaque', vendor: 'anthropic', kind: 'server_tool_use', data: server },
          ],
          finishReason: 'tool-calls',
        },
      ],
      usage: {},
      native: { dialect: 'anthropic-messages' },
    })
  })

  it.each([
    ['end_turn', null, { finishReason: 'stop' }],
    ['stop_sequence', 'END', { finishReason: 'stop', stopSequence: 'END' }],
    ['max_tokens', null, { finishReason: 'length' }],
    ['model_context_window_exceeded', null, { finishReason: 'length' }],
    ['tool_use', null, { finishReason: 'tool-calls' }],
    ['refusal', null, { finishReason: 'content-filter' }],
    ['pause_turn', null, { finishReason: 'other' }],
  ])('tells why it ended: %s', (stop_reason, stop_sequence, expected) => {
    expect(parse({ stop_reason, stop_sequence }).choices[0]).toEqual({ content: [], ...expected })
  })

  it('counts each token in one class', () => {
    const usage = {
      input_tokens: 11,
      output_tokens: 50,
      cache_read_input_tokens: 2,
      cache_creation_input_tokens: 9,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 4 },
      output_tokens_details: { thinking_tokens: 7 },
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 0 },
    }
    expect(parse({ usage }).usage).toEqual({
      inputTokens: 11,
      outputTokens: 50,
      cacheReadTokens: 2,
      cacheWriteTokens: 9,
      longCacheWriteTokens: 4,
      reasoningTokens: 7,
      units: { searches: 3, fetches: 0 },
    })
    const { cache_creation } = usage
    expect(parse({ usage: { cache_creation, input_tokens: null, output_tokens: -1 } }).usage).toEqual({
      cacheWriteTokens: 9,
      longCacheWriteTokens: 4,
    })
  })

  it('is passed on as it came, unless it was edited', () => {
    const text = message({ content: [{ type: 'text', text: 'secret' }], x: 1 }).replace(',', ' ,')
    const reply = anthropicMessages.parseReply(text, errorOf)
    expect(anthropicMessages.printReply(reply, facts)).toBe(text)
    const [choice] = reply.choices
    const edited = { ...reply, choices: [{ finishReason: 'stop' as const, ...choice, content: [] }] }
    expect(anthropicMessages.printReply(edited, facts)).not.toContain('secret')
  })

  it('is built of another vendor’s, whose signatures are marked with its name', () => {
    const printed = print(foreignReply)
    expect(printed).toEqual({
      id: 'reply-1',
      type: 'message',
      role: 'assistant',
      model: 'some-model',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'modelspine:google:sig' },
        { type: 'redacted_thinking', data: 'modelspine:openai:hidden' },
        { type: 'text', text: 'Hello', citations: null },
        { type: 'tool_use', id: 'call-1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 3,
        output_tokens: 5,
        cache_read_input_tokens: 2,
        cache_creation_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
        output_tokens_details: { thinking_tokens: 1 },
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
        inference_geo: null,
        service_tier: null,
        speed: null,
      },
    })
  })

  it('is read again with the usage and the content that it was built of', () => {
    const { native, choices, ...read } = anthropicMessages.parseReply(
      anthropicMessages.printReply(foreignReply, facts),
      errorOf,
    )
    const units = { searches: 2, fetches: 0 }
    expect(read).toEqual({ id: 'reply-1', model: 'some-model', usage: { ...foreignReply.usage, units } })
    expect(choices[0]?.content).toEqual(foreignReply.choices[0]?.content.slice(0, 4))
  })

  it('has the number 0 where no count came, because the format demands one', () => {
    expect(print({ ...foreignReply, usage: {} }).usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
      cache_read_input_tokens: null,
      cache_creation: null,
    })
  })

  it.each([
    [{ finishReason: 'stop' }, { stop_reason: 'end_turn', stop_sequence: null }],
    [
      { finishReason: 'stop', stopSequence: 'END' },
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    [{ finishReason: 'length' }, { stop_reason: 'max_tokens', stop_sequence: null }],
    [{ finishReason: 'tool-calls' }, { stop_reason: 'tool_use', stop_sequence: null }],
    [{ finishReason: 'content-filter' }, { stop_reason: 'refusal', stop_sequence: null }],
    [{ finishReason: 'other' }, { stop_reason: 'end_turn', stop_sequence: null }],
  ] as const)('says why another vendor’s ended: %j', (end, expected) => {
    expect(print({ ...foreignReply, choices: [{ content: [], ...end }] })).toMatchObject(expected)
  })

  it('gives arguments that are no JSON as they came, and numbers with all their digits', () => {
    const call = { type: 'tool-call', id: 'a', name: 'f', arguments: '{"at":' } as const
    const large = { ...call, arguments: '{"at":12345678901234567890}' }
    const choices = [{ content: [call, large], finishReason: 'stop' as const }]
    const text = anthropicMessages.printReply({ ...foreignReply, choices }, facts)
    expect(text).toContain('"input":"{\\"at\\":"')
    expect(text).toContain('"input":{"at":12345678901234567890}')
    const { choices: read } = anthropicMessages.parseReply(text, errorOf)
    expect(read[0]?.content[1]).toEqual(large)
  })

  it.each([
    ['not JSON', '<html>', 'the reply is not JSON'],
    ['no message', '{}', 'the reply has no content'],
    ['a block without its text', message({ content: [{ type: 'text' }] }), 'without its content'],
    ['a call without a name', message({ content: [{ type: 'tool_use', id: 'a' }] }), 'a call without'],
    ['a block without a type', message({ content: ['a'] }), 'a block without a type'],
  ])('cannot be read when it is %s', (_what, text, words) => {
    expect(() => anthropicMessages.parseReply(text, errorOf)).toThrow(words)
  })

  it('is an error when it holds one', () => {
    expect(() => anthropicMessages.parseReply('{"type":"error","error":{}}', errorOf)).toThrow(
      'an error inside',
    )
  })
})
