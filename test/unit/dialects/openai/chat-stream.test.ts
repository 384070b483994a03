import { describe, expect, it } from 'vitest'
import type { ChatStreamReader, ChatStreamWriter } from '../../../../src/dialects/chat-codec.ts'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { type ChatEvent, edited, nativeText } from '../../../../src/provider/contract.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const messages = [{ role: 'user', content: 'Hi' }]
const reader = (includeUsage: boolean, more: object = {}): ChatStreamReader => {
  const body = { model: 'm', messages, stream_options: { include_usage: includeUsage }, ...more }
  return openaiChat.reader(openaiChat.parse(JSON.stringify(body)).request, errorOf)
}
const read = (body: unknown, includeUsage = true): ChatEvent | undefined =>
  reader(includeUsage).read('message', JSON.stringify(body))
const textOf = (event: ChatEvent | undefined): string | undefined => nativeText(event ?? {}, 'openai-chat')

describe('a reader', () => {
  it('gives all that a chunk says as one event, with the text of the chunk', () => {
    const text = `{ "choices": [
      {"delta":{"reasoning_content":"hm","content":"a","refusal":"b","audio":{"id":"x","data":"AA=="}}},
      {"index":1,"delta":{"tool_calls":[{"index":1,"id":"t","function":{"name":"f","arguments":""}},
        {"index":0,"id":"u","type":"custom","custom":{"name":"g","input":"i"}}]},"finish_reason":"stop"}
    ], "usage": {"prompt_tokens":3}, "big": 12345678901234567890 }`
    const event = reader(true).read('message', text)
    expect(event?.parts).toEqual([
      { type: 'reasoning-delta', text: 'hm', choice: 0, block: 0 },
      { type: 'text-delta', text: 'a', choice: 0, block: 1 },
      { type: 'refusal-delta', text: 'b', choice: 0, block: 2 },
      { type: 'audio-delta', fileId: 'x', data: 'AA==', choice: 0, block: 3 },
      { type: 'tool-call-delta', id: 't', name: 'f', arguments: '', choice: 1, block: 5 },
      { type: 'tool-call-delta', id: 'u', name: 'g', arguments: 'i', custom: true, choice: 1, block: 4 },
      { type: 'finish', choice: 1, finishReason: 'stop' },
      { type: 'usage', usage: { inputTokens: 3 } },
    ])
    expect(textOf(event)).toBe(text)
  })

  it('counts usage that the caller did not ask for, but hides it from the caller', () => {
    const usage = { completion_tokens: 1 }
    const choices = [{ delta: { content: 'a' } }]
    const only = read({ choices: [], usage }, false)
    expect([only?.parts, textOf(only)]).toEqual([[{ type: 'usage', usage: { outputTokens: 1 } }], ''])
    for (const given of [usage, null]) {
      const event = read({ choices, usage: given, x: 1 }, false)
      expect(textOf(event)).toBe(JSON.stringify({ choices, x: 1 }))
      expect(event?.parts).toHaveLength(given === null ? 1 : 2)
    }
  })

  it('reads a text that the vendor escapes in its own way', () => {
    const open = reader(true)
    // The text of a lone backslash, as JavaScript would write it, stands only inside another text.
    const text = String.raw`{"choices":[{"delta":{"content":"\u005c"}}],"x":"\"\\"}`
    const comma = String.raw`{"choices":[{"delta":{"content":"\u002c"}}],"x":["a","b"]}`
    // The text as JavaScript would write it stands in another member alone.
    const id = String.raw`{"id":"A","choices":[{"delta":{"content":"\u0041"}}]}`
    for (const each of [text, text.replace('u005c', 'u0041'), comma, id, id.replace('"A"', '"B"')]) {
      const event = open.read('message', each)
      expect(textOf(event)).toBe(each)
      expect(event?.parts).toMatchObject([{ text: JSON.parse(each).choices[0].delta.content }])
    }
  })

  it('passes a chunk on when it knows no part of it', () => {
    const filtered = { choices: [], prompt_filter_results: [] }
    const event = read(filtered)
    expect([event?.parts, textOf(event)]).toEqual([[], JSON.stringify(filtered)])
  })

  it.each(['', 'ping', 'vendor-news'])('skips an event named "%s" that says nothing', (name) => {
    for (const data of name === '' ? [''] : ['', '{}', '{"type":"ping"}', 'now'])
      expect(reader(true).read(name || 'message', data)).toBeUndefined()
  })

  it.each([1, {}, { choices: [1] }, { choices: [{ delta: { tool_calls: ['x'] } }] }])(
    'calls %j malformed',
    (body) => {
      expect(() => read(body)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
    },
  )

  it('reports an event that holds an error as that error, whatever its name', () => {
    for (const name of ['message', 'ping', 'error'])
      expect(() => reader(true).read(name, '{"error":{}}')).toThrow(
        expect.objectContaining({ code: 'overloaded' }),
      )
  })

  it('is finished at the end marker, and at a whole end, for each choice that began', () => {
    for (const how of ['marked', 'whole'] as const) {
      const open = reader(true, { n: 2 })
      open.read('message', '{"choices":[{"index":1,"delta":{"content":"a"}}]}')
      open.read('message', '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}')
      const [event] = open.end(how)
      expect(event?.parts).toEqual([{ type: 'finish', choice: 1, finishReason: 'other' }])
      expect(textOf(event)).toBe('')
    }
  })
})

describe('a writer', () => {
  const writer = (includeUsage: boolean): ChatStreamWriter =>
    openaiChat.writer({ id: 'r', model: 'm', createdMs: 0, includeUsage })
  const chunks = (written: string): unknown[] =>
    written
      .split('\n\n')
      .filter((piece) => piece !== '' && piece !== 'data: [DONE]')
      .map((piece) => JSON.parse(piece.slice('data: '.length)))
  const text = (value: string, choice = 0): ChatEvent => ({
    parts: [{ type: 'text-delta', text: value, choice, block: 0 }],
  })

  it('passes each chunk of its own dialect on once and unchanged', () => {
    const given =
      '{"id":"up", "choices":[{"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}'
    const open = writer(true)
    const event = reader(true).read('message', given) as ChatEvent
    expect(open.write([event]) + open.end()).toBe(`data: ${given}\n\ndata: [DONE]\n\n`)
  })

  it('writes what an edited event says, under the name of the stream that it passes on', () => {
    const open = writer(false)
    const parse = reader(true)
    const chunk = (content: string): string =>
      JSON.stringify({ id: 'up', created: 7, model: 'v', choices: [{ index: 0, delta: { content } }] })
    const [first, second] = ['My card:', ' 4111 1111'].map(
      (each) => parse.read('message', chunk(each)) as ChatEvent,
    )
    const parts = second?.parts.map((part) => ({ ...part, text: '[card]' })) as ChatEvent['parts']
    for (const redacted of [edited(second as ChatEvent, parts), { ...(second as ChatEvent), parts }]) {
      const written = open.write([first as ChatEvent, redacted])
      expect(written).not.toContain('4111')
      expect(chunks(written)).toMatchObject([
        { choices: [{ delta: { content: 'My card:' } }] },
        { id: 'up', created: 7, model: 'v', choices: [{ delta: { content: '[card]' } }] },
      ])
    }
  })

  it('announces the role once a choice, and writes no usage when the caller did not ask for it', () => {
    const open = writer(false)
    const used: ChatEvent = { parts: [{ type: 'usage', usage: { inputTokens: 1 } }] }
    const written = chunks(open.write([text('a'), text('b'), text('c', 1), used]) + open.end())
    expect(written).toMatchObject([
      { choices: [{ index: 0, delta: { role: 'assistant', content: 'a' } }] },
      { choices: [{ index: 0, delta: { content: 'b' } }] },
      { choices: [{ index: 1, delta: { role: 'assistant', content: 'c' } }] },
    ])
    expect(written[1]).not.toHaveProperty('usage')
  })

  it('numbers the tool calls of each choice from 0, whatever blocks they are', () => {
    const call = (choice: number, block: number, name: string): ChatEvent => ({
      parts: [{ type: 'tool-call-delta', choice, block, id: name, name, custom: true, arguments: 'x' }],
    })
    const written = chunks(
      writer(false).write([call(0, 3, 'a'), call(0, 7, 'b'), call(1, 7, 'c'), call(0, 3, 'd')]),
    )
    const numbers = written.map(
      (chunk) => (chunk as never as typeof shape).choices[0]?.delta.tool_calls[0]?.index,
    )
    expect(numbers).toEqual([0, 1, 0, 0])
    expect(written[0]).toMatchObject({
      choices: [{ delta: { tool_calls: [{ type: 'custom', custom: { name: 'a', input: 'x' } }] } }],
    })
  })
  const shape = { choices: [{ delta: { tool_calls: [{ index: 0 }] } }] }

  it('writes no usage when the vendor gave no usage', () => {
    expect(writer(true).end()).toBe('data: [DONE]\n\n')
  })
})
