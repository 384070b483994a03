import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import type { ChatStreamEnd, ChatStreamReader } from '../../../../src/dialects/chat-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { SseParser } from '../../../../src/http/sse.ts'
import { type ChatEvent, type ChatEventPart, edited, nativeText } from '../../../../src/provider/contract.ts'
import { foreignParts, framed, vendorEvents } from './samples.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const facts = { id: 'msg_x', model: 'route', createdMs: 0, includeUsage: true }
const request = { model: 'm', messages: [] }
const openReader = (): ChatStreamReader => anthropicMessages.reader(request, errorOf)

function readAll(texts: readonly string[]): readonly ChatEvent[] {
  const reader = openReader()
  return texts.flatMap((text) => {
    const { type } = JSON.parse(text) as { readonly type: string }
    return reader.isEnd(type, text) ? reader.end('marked') : (reader.read(type, text) ?? [])
  })
}

const partsOf = (events: readonly ChatEvent[]): readonly ChatEventPart[] =>
  events.flatMap(({ parts }) => parts)

const write = (...batches: readonly (readonly ChatEvent[])[]): string => {
  const writer = anthropicMessages.writer(facts)
  return batches.map((batch) => writer.write(batch)).join('') + writer.end()
}

/** The data of the events in a text of a stream. */
function eventsIn(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [name = '', data = ''] = event.split('\n')
      const body = JSON.parse(data.slice('data: '.length))
      expect(name).toBe(`event: ${body.type}`)
      return body
    })
}

describe('a reader of Anthropic’s stream', () => {
  it('gives one event for each of the vendor’s, with its text and all that it says', () => {
    const events = readAll(vendorEvents)
    expect(events.map((event) => nativeText(event, 'anthropic-messages'))).toEqual(vendorEvents.slice(0, -1))
    const prompt = { inputTokens: 11, cacheReadTokens: 2, cacheWriteTokens: 9, longCacheWriteTokens: 4 }
    const server = { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} }
    expect(partsOf(events)).toMatchObject([
      { type: 'usage', usage: prompt },
      { type: 'reasoning-delta', text: 'Hm', block: 0 },
      { type: 'reasoning-delta', text: '', signature: 'abc', signedBy: 'anthropic', block: 0 },
      { type: 'reasoning-delta', text: '', encrypted: 'def', signedBy: 'anthropic', block: 1 },
      { type: 'text-delta', text: 'Grüße 🌍', block: 2 },
      { type: 'opaque-delta', vendor: 'anthropic', kind: 'citations_delta', block: 2 },
      { type: 'opaque-delta', kind: 'server_tool_use', data: server, block: 3 },
      { type: 'opaque-delta', kind: 'input_json_delta', block: 3 },
      { type: 'tool-call-delta', id: 'toolu_1', name: 'look', block: 4 },
      { type: 'tool-call-delta', arguments: '{"at":', block: 4 },
      { type: 'tool-call-delta', arguments: '1}', block: 4 },
      { type: 'tool-call-delta', id: 'toolu_2', name: 'rest', block: 5 },
      { type: 'tool-call-delta', arguments: '{}', block: 5 },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
      {
        type: 'usage',
        usage: { ...prompt, outputTokens: 50, reasoningTokens: 7, units: { searches: 1, fetches: 0 } },
      },
    ])
    // What the vendor tells of the output at the start is not the output of the answer.
    expect(events[0]?.parts[0]).not.toHaveProperty('usage.outputTokens')
  })

  it('passes over pings, and passes on events that it does not know', () => {
    const reader = openReader()
    expect(reader.read('ping', '{"type": "ping"}')).toBeUndefined()
    expect(reader.read('message', '{"type":"ping"}')).toBeUndefined()
    expect(reader.read('news', '{"type":"news"}')?.parts).toEqual([])
  })

  it('ends at the vendor’s mark, unless the mark says more', () => {
    const reader = openReader()
    expect(reader.isEnd('message_stop', '{"type":"message_stop"   }')).toBe(true)
    expect(reader.isEnd('message_stop', '{"type":"message_stop","metrics":{}}')).toBe(false)
    expect(reader.isEnd('content_block_stop', '{"type":"content_block_stop","index":0}')).toBe(false)
  })

  it('reads a call that comes all at once', () => {
    const start =
      '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{"n":1}}}'
    expect(partsOf(readAll([start, '{"type":"content_block_stop","index":0}']))).toEqual([
      { type: 'tool-call-delta', id: 'a', name: 'f', arguments: '{"n":1}', choice: 0, block: 0 },
    ])
  })

  it.each([
    ['not JSON', '{"type":'],
    ['no type', '{"index":0}'],
    ['no delta', '{"type":"content_block_delta","index":0}'],
    ['no block', '{"type":"content_block_start","index":0}'],
    [
      'a block that has not begun',
      '{"type":"content_block_delta","index":7,"delta":{"type":"text_delta","text":"a"}}',
    ],
  ])('refuses an event with %s', (_what, data) => {
    expect(() => openReader().read('message', data)).toThrow(
      expect.objectContaining({ code: 'malformed-reply' }),
    )
  })

  it('throws an error that comes as an event', () => {
    const error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    expect(() => openReader().read('error', error)).toThrow('an error inside')
  })

  /** What a caller has of bytes that were cut, and how the stream ended. */
  function cut(
    bytes: Uint8Array,
    how: ChatStreamEnd,
  ): { readonly parts: readonly ChatEventPart[]; readonly code?: string } {
    const reader = openReader()
    const sse = new SseParser()
    const parts: ChatEventPart[] = []
    try {
      for (const { event, data } of sse.push(bytes)) {
        if (reader.isEnd(event, data)) return { parts: [...parts, ...partsOf(reader.end('marked'))] }
        parts.push(...(reader.read(event, data)?.parts ?? []))
      }
      if (sse.unfinished() !== undefined) throw new ModelspineError('interrupted', 'in the middle')
      parts.push(...partsOf(reader.end(how)))
    } catch (error) {
      return { parts, code: (error as ModelspineError).code }
    }
    return { parts }
  }

  it.each(['unsure', 'whole'] as const)('never looks whole when it was cut, at whichever byte: %s', (how) => {
    const bytes = Buffer.from(vendorEvents.map(framed).join(''))
    const whole = JSON.stringify(cut(bytes, how).parts)
    expect(cut(bytes, how).code).toBeUndefined()
    for (let length = 0; length < bytes.length; length += 1) {
      const { parts, code } = cut(bytes.subarray(0, length), how)
      const isWhole = JSON.stringify(parts) === whole
      expect([length, code === undefined]).toEqual([length, isWhole && code === undefined])
      if (code !== undefined) expect(['interrupted', 'malformed-reply']).toContain(code)
    }
  })

  it('is finished by its mark alone, and not by the end of the transport', () => {
    const reader = openReader()
    reader.read('message_start', vendorEvents[0] ?? '')
    expect(() => reader.end('whole')).toThrow('before it said that the answer was finished')
    const [event] = reader.end('marked')
    expect(event?.parts).toEqual([
      { type: 'finish', choice: 0, finishReason: 'other' },
      { type: 'usage', usage: {} },
    ])
    expect(nativeText(event ?? {}, 'anthropic-messages')).toBe('')
    expect(() => openReader().end('whole')).toThrow('without any event')
  })
})

describe('a writer of Anthropic’s stream', () => {
  it('passes on the vendor’s events to the byte', () => {
    expect(write(readAll(vendorEvents))).toBe(vendorEvents.map(framed).join(''))
  })

  it('passes on a last event that says more', () => {
    const texts = vendorEvents.with(-1, '{"type":"message_stop","metrics":{"x":1}}')
    expect(write(readAll(texts))).toBe(texts.map(framed).join(''))
  })

  it('numbers blocks without gaps, and closes each before the next one begins', () => {
    const events = eventsIn(write(foreignParts.map((part) => ({ parts: [part] }))))
    expect(
      events.map(({ type, index, content_block, delta }) => [type, index, content_block ?? delta]),
    ).toEqual([
      ['message_start', undefined, undefined],
      ['content_block_start', 0, { type: 'thinking', thinking: '', signature: '' }],
      ['content_block_delta', 0, { type: 'thinking_delta', thinking: 'H' }],
      ['content_block_delta', 0, { type: 'thinking_delta', thinking: 'm' }],
      ['content_block_delta', 0, { type: 'signature_delta', signature: 'modelspine:google:sig' }],
      ['content_block_stop', 0, undefined],
      ['content_block_start', 1, { type: 'text', text: '', citations: null }],
      ['content_block_delta', 1, { type: 'text_delta', text: 'Hel' }],
      ['content_block_delta', 1, { type: 'text_delta', text: 'lo' }],
      ['content_block_stop', 1, undefined],
      [
        'content_block_start',
        2,
        { type: 'tool_use', id: 'call-1', name: 'look', input: {}, caller: { type: 'direct' } },
      ],
      ['content_block_delta', 2, { type: 'input_json_delta', partial_json: '{"at"' }],
      // Its arguments are not whole, so the first call stays open.
      [
        'content_block_start',
        3,
        { type: 'tool_use', id: 'call-2', name: 'rest', input: {}, caller: { type: 'direct' } },
      ],
      ['content_block_delta', 3, { type: 'input_json_delta', partial_json: '{' }],
      ['content_block_delta', 2, { type: 'input_json_delta', partial_json: ':1}' }],
      ['content_block_delta', 3, { type: 'input_json_delta', partial_json: '}' }],
      ['content_block_stop', 2, undefined],
      ['content_block_stop', 3, undefined],
      [
        'message_delta',
        undefined,
        { stop_reason: 'tool_use', stop_sequence: null, stop_details: null, container: null },
      ],
      ['message_stop', undefined, undefined],
    ])
    expect(events.at(-2)?.usage).toMatchObject({
      input_tokens: 3,
      output_tokens: 5,
      cache_read_input_tokens: 2,
    })
    expect(events[0]).toMatchObject({ message: { id: 'msg_x', model: 'route', content: [] } })
  })

  it('closes a call whose arguments are whole before the next one', () => {
    const call = (block: number, id: string): ChatEventPart => ({
      type: 'tool-call-delta',
      choice: 0,
      block,
      id,
      name: 'f',
      arguments: '{}',
    })
    const types = eventsIn(write([{ parts: [call(4, 'a'), call(5, 'b')] }])).map(({ type, index }) => [
      type,
      index,
    ])
    expect(types).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['message_stop', undefined],
    ])
  })

  it('writes an edited piece in the middle of a stream that is passed on', () => {
    const events = readAll(vendorEvents).map((event) =>
      event.parts.some(({ type }) => type === 'text-delta')
        ? edited(
            event,
            event.parts.map((part) => (part.type === 'text-delta' ? { ...part, text: '***' } : part)),
          )
        : event,
    )
    const hidden = '{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"***"}}'
    const text = vendorEvents
      .map((each) => (each.includes('Grüße') ? hidden : each))
      .map(framed)
      .join('')
    expect(write(events)).toBe(text)
  })

  it('numbers the vendor’s blocks anew after one that was taken out', () => {
    const events = readAll(vendorEvents).flatMap((event): readonly ChatEvent[] => {
      const isFirstCall = event.parts.some((part) => 'block' in part && part.block === 4)
      return isFirstCall ? [edited(event, [])] : [event]
    })
    const last = eventsIn(write(events)).filter(({ index }) => Number(index) >= 4)
    expect(last.map(({ type, index, content_block }) => [type, index, content_block])).toMatchObject([
      ['content_block_start', 4, { id: 'toolu_2' }],
      ['content_block_delta', 4, undefined],
      ['content_block_stop', 4, undefined],
    ])
  })

  it('writes an edited end', () => {
    const events = readAll(vendorEvents).map((event) =>
      event.parts.some(({ type }) => type === 'finish')
        ? edited(
            event,
            event.parts.map((part) =>
              part.type === 'finish' ? { ...part, finishReason: 'content-filter' as const } : part,
            ),
          )
        : event,
    )
    const written = eventsIn(write(events))
    expect(written.filter(({ type }) => type === 'message_delta')).toMatchObject([
      { delta: { stop_reason: 'refusal' }, usage: { output_tokens: 50 } },
    ])
  })

  it('has a beginning also when nothing came', () => {
    expect(eventsIn(write([])).map(({ type }) => type)).toEqual(['message_start', 'message_stop'])
  })

  it('writes encrypted thoughts whole, other blocks of the vendor, and no part of another', () => {
    const place = { choice: 0, block: 0 }
    const events = eventsIn(
      write([
        {
          parts: [
            { ...place, type: 'reasoning-delta', text: '', encrypted: 'x', signedBy: 'openai' },
            { ...place, block: 1, type: 'opaque-delta', vendor: 'google', kind: 'code', data: {} },
            {
              ...place,
              block: 2,
              type: 'opaque-delta',
              vendor: 'anthropic',
              kind: 'server_tool_use',
              data: { type: 'server_tool_use', id: 's' },
            },
            {
              ...place,
              block: 2,
              type: 'opaque-delta',
              vendor: 'anthropic',
              kind: 'input_json_delta',
              data: { type: 'input_json_delta', partial_json: '{}' },
            },
            { ...place, block: 3, type: 'refusal-delta', text: 'No' },
            { ...place, block: 4, type: 'audio-delta', transcript: 'said', data: 'AA==' },
          ],
        },
      ]),
    )
    const said = events.flatMap(({ content_block, delta }) => content_block ?? delta ?? [])
    expect(said).toEqual([
      { type: 'redacted_thinking', data: 'modelspine:openai:x' },
      { type: 'server_tool_use', id: 's' },
      { type: 'input_json_delta', partial_json: '{}' },
      { type: 'text', text: '', citations: null },
      { type: 'text_delta', text: 'No' },
      { type: 'text', text: '', citations: null },
      { type: 'text_delta', text: 'said' },
    ])
  })
})
