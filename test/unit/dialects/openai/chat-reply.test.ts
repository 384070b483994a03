import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatReply } from '../../../../src/provider/contract.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const parse = (body: unknown): ChatReply => openaiChat.parseReply(JSON.stringify(body), errorOf)
const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: false }

describe('parseReply', () => {
  const body = {
    id: 'c1',
    model: 'm-2026',
    choices: [
      {
        finish_reason: 'tool_calls',
        message: {
          content: null,
          refusal: 'No',
          reasoning_content: 'hm',
          audio: { id: 'a1', data: 'AA==', transcript: 'hi' },
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'look', arguments: '{}' } },
            { id: 't2', type: 'custom', custom: { name: 'sql', input: 'select 1' } },
            { id: 't3', type: 'web_search' },
          ],
        },
      },
      { finish_reason: 'stop', message: { content: 'second' } },
    ],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 1, audio_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 1, audio_tokens: 0 },
    },
  }

  it('reads every part of every choice, and counts each token in only one class', () => {
    expect(parse(body)).toEqual({
      id: 'c1',
      model: 'm-2026',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'refusal', text: 'No' },
            {
              type: 'audio',
              fileId: 'a1',
              url: 'data:application/octet-stream;base64,AA==',
              transcript: 'hi',
            },
            { type: 'tool-call', id: 't1', name: 'look', arguments: '{}' },
            { type: 'tool-call', id: 't2', name: 'sql', arguments: 'select 1', custom: true },
            { type: 'opaque', vendor: 'openai', kind: 'web_search', data: { id: 't3', type: 'web_search' } },
          ],
          finishReason: 'tool-calls',
        },
        { content: [{ type: 'text', text: 'second' }], finishReason: 'stop' },
      ],
      usage: {
        inputTokens: 5,
        outputTokens: 2,
        cacheReadTokens: 4,
        cacheWriteTokens: 1,
        audioInputTokens: 3,
        audioOutputTokens: 0,
        reasoningTokens: 1,
      },
      native: { dialect: 'openai-chat' },
    })
  })

  it.each([
    [
      { fileId: 'a1', transcript: 'hi' },
      { id: 'a1', data: 'AA==', transcript: 'hi', expires_at: 0 },
    ],
    [{}, { id: 'audio', data: 'AA==', transcript: '', expires_at: 0 }],
  ])('says the audio of another vendor: %j', (more, audio) => {
    const part = { type: 'audio' as const, url: 'data:audio/wav;base64,AA==', ...more }
    const choices = [{ content: [part], finishReason: 'stop' as const }]
    const printed = JSON.parse(openaiChat.printReply({ id: 'r', model: 'm', choices, usage: {} }, facts))
    expect(printed.choices[0].message).toMatchObject({ content: null, audio })
  })

  it('is passed on with the same text, until it is edited', () => {
    const text = '{"id":"c", "choices":[{"message":{"content":"Card 4111"}}],"big":12345678901234567890}'
    const reply = openaiChat.parseReply(text, errorOf)
    expect(openaiChat.printReply(reply, facts)).toBe(text)
    const choices = [
      { content: [{ type: 'text' as const, text: 'Card [removed]' }], finishReason: 'stop' as const },
    ]
    const printed = openaiChat.printReply({ ...reply, choices }, facts)
    expect(printed).toContain('Card [removed]')
    expect(printed).not.toContain('4111')
  })

  it.each([
    {},
    null,
    { choices: [] },
    { choices: [{ message: null }] },
    { choices: [{ message: { tool_calls: [1] } }] },
    { choices: [{ message: { tool_calls: [{ function: {} }] } }] },
  ])('calls %j malformed', (given) => {
    expect(() => parse(given)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })

  it('calls what is not JSON malformed, and does not repeat it', () => {
    expect(() => openaiChat.parseReply('secret {', errorOf)).toThrow(
      expect.objectContaining({ code: 'malformed-reply', message: 'the reply is not JSON' }),
    )
  })

  it('reports an answer that holds an error as that error', () => {
    expect(() => parse({ error: {} })).toThrow(expect.objectContaining({ code: 'overloaded' }))
  })

  it('reports no usage when the vendor gave no usage', () => {
    expect(parse({ choices: [{ message: { content: 'a' } }] }).usage).toEqual({})
  })
})

describe('audio of an answer', () => {
  const message = { content: null, audio: { id: 'a1', data: 'AA==', transcript: 'hi' } }
  const text = JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] })
  const hello = [{ role: 'user', content: 'Hi' }]

  it.each([
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['pcm16', 'audio/pcm'],
    [7, 'application/octet-stream'],
  ])('has the type that the request asked for: %s', (format, mediaType) => {
    const audio = { voice: 'alloy', format }
    const asked = openaiChat.parse(JSON.stringify({ model: 'm', messages: hello, audio })).request
    const { native: _, ...rest } = asked
    for (const request of [asked, { ...rest, options: { openai: { audio } } }]) {
      const [part] = openaiChat.parseReply(text, errorOf, request).choices[0]?.content ?? []
      expect(part).toMatchObject({ type: 'audio', url: `data:${mediaType};base64,AA==` })
    }
  })
})
