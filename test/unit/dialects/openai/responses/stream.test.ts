import { describe, expect, it } from 'vitest'
import type { ChatStreamEnd } from '../../../../../src/dialects/chat-codec.ts'
import { openaiResponses } from '../../../../../src/dialects/openai/responses/response-codec.ts'
import { ModelspineError } from '../../../../../src/errors.ts'
import { SseParser } from '../../../../../src/http/sse.ts'
import { type ChatEvent, type ChatEventPart, edited } from '../../../../../src/provider/contract.ts'
import { facts, parse } from './requests.ts'
import { framed, vendorStream } from './vendor-stream.ts'

const errorOf = (body: unknown): ModelspineError =>
  new ModelspineError('overloaded', JSON.stringify((body as { error: unknown }).error))
const asked = parse({ model: 'm', input: 'Hi' })
const reader = () => openaiResponses.reader(asked, errorOf)

function readAll(events: readonly string[]): readonly ChatEvent[] {
  const open = reader()
  return events.flatMap((data) => open.read(JSON.parse(data).type, data) ?? [])
}
const partsOf = (events: readonly ChatEvent[]): readonly ChatEventPart[] =>
  events.flatMap(({ parts }) => parts)
const write = (events: readonly ChatEvent[]): string => {
  const writer = openaiResponses.writer(facts)
  return `${writer.write(events)}${writer.end()}`
}
// biome-ignore lint/suspicious/noExplicitAny: the events have many forms
const dataIn = (text: string): Record<string, any>[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)))

describe('a reader of responses', () => {
  it('gives one event for each of the vendor, with all that it says', () => {
    const events = readAll(vendorStream())
    expect(events).toHaveLength(vendorStream().length)
    const seal = { signature: 'rs_1', signedBy: 'openai', encrypted: 'sealed' }
    expect(partsOf(events)).toEqual([
      { type: 'reasoning-delta', text: 'Hm', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: '\n\n', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: 'So', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: '', ...seal, choice: 0, block: 0 },
      { type: 'text-delta', text: 'Grü', choice: 0, block: 1000 },
      { type: 'text-delta', text: 'ße 🌍', choice: 0, block: 1000 },
      { type: 'tool-call-delta', id: 'c1', name: 'look', arguments: '', choice: 0, block: 2000 },
      { type: 'tool-call-delta', arguments: '{"a"', choice: 0, block: 2000 },
      { type: 'tool-call-delta', arguments: ':1}', choice: 0, block: 2000 },
      { type: 'tool-call-delta', id: 'c2', name: 'run', arguments: '', custom: true, choice: 0, block: 3000 },
      { type: 'tool-call-delta', arguments: 'ls', choice: 0, block: 3000 },
      {
        type: 'opaque-delta',
        vendor: 'openai-responses',
        kind: 'web_search_call',
        data: expect.objectContaining({ id: 'ws_1' }),
        choice: 0,
        block: 4000,
      },
      {
        type: 'usage',
        usage: {
          inputTokens: 6,
          cacheReadTokens: 4,
          cacheWriteTokens: 0,
          outputTokens: 7,
          reasoningTokens: 2,
        },
      },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
    ])
  })

  it('reads the same from a whole answer as from the stream of it', () => {
    const last = JSON.parse(vendorStream().at(-1) ?? '').response
    const { choices } = openaiResponses.parseReply(JSON.stringify(last), errorOf)
    expect(choices[0]?.content.map(({ type }) => type)).toEqual([
      'reasoning',
      'text',
      'tool-call',
      'tool-call',
      'opaque',
    ])
    expect(choices[0]?.content[0]).toEqual({
      type: 'reasoning',
      text: 'Hm\n\nSo',
      signature: 'rs_1',
      signedBy: 'openai',
      encrypted: 'sealed',
    })
    expect(choices[0]?.finishReason).toBe('tool-calls')
  })

  it('reads servers that say a text only at its end, or only in the last event', () => {
    const whole = vendorStream().filter((data) => !/\.delta"|\.added"/.test(data))
    const last = vendorStream().slice(-1)
    for (const events of [whole, last]) {
      const parts = partsOf(readAll(events))
      expect(parts.find(({ type }) => type === 'text-delta')).toMatchObject({ text: 'Grüße 🌍' })
      expect(parts.find(({ type }) => type === 'tool-call-delta')).toMatchObject({
        id: 'c1',
        arguments: '{"a":1}',
      })
      expect(parts.at(-1)).toMatchObject({ finishReason: 'tool-calls' })
    }
  })

  it.each([
    [
      {
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      },
      'length',
    ],
    [
      {
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      },
      'content-filter',
    ],
    [{ type: 'response.completed', response: {} }, 'stop'],
    [{ type: 'response.cancelled', response: { status: 'cancelled' } }, 'other'],
  ])('reads why an answer ended: %j', (body, finishReason) => {
    expect(partsOf(readAll([JSON.stringify(body)]))).toEqual([{ type: 'finish', choice: 0, finishReason }])
  })

  it.each([
    ['error', { type: 'error', code: 'slow_down', message: 'm', param: null, sequence_number: 3 }],
    ['message', { type: 'error', error: { code: 'slow_down' } }],
    [
      'response.failed',
      { type: 'response.failed', response: { status: 'failed', error: { code: 'slow_down' } } },
    ],
    ['message', { error: { code: 'slow_down' } }],
  ])('throws what an event reports that is an error: %s %j', (name, body) => {
    expect(() => reader().read(name, JSON.stringify(body))).toThrow(
      expect.objectContaining({ code: 'overloaded', message: expect.stringContaining('slow_down') }),
    )
  })

  it('skips pings, and refuses what is no event of a response', () => {
    expect(reader().read('ping', 'x')).toBeUndefined()
    expect(reader().read('keepalive', '{"type":"keepalive"}')).toBeUndefined()
    expect(reader().read('message', '')).toBeUndefined()
    for (const data of ['{"type":', '[]', '{"a":1}']) {
      expect(() => reader().read('message', data)).toThrow(
        expect.objectContaining({ code: 'malformed-reply' }),
      )
    }
  })

  it.each(['marked', 'whole', 'unsure'] satisfies ChatStreamEnd[])(
    'never takes a cut stream for a whole one: %s',
    (how) => {
      const events = vendorStream()
      const bytes = Buffer.from(framed(events))
      for (let cut = 0; cut <= bytes.length; cut += 7) {
        const open = reader()
        const sse = new SseParser()
        const seen = [...sse.push(bytes.subarray(0, cut))].flatMap(
          ({ event, data }) => open.read(event, data) ?? [],
        )
        const isWhole = seen.length === events.length
        if (isWhole) expect(open.end(how)).toEqual([])
        else if (how !== 'marked') {
          expect(() => open.end(how)).toThrow(
            expect.objectContaining({ code: seen.length === 0 ? 'malformed-reply' : 'interrupted' }),
          )
        } else expect(partsOf(open.end(how))).toEqual([{ type: 'finish', choice: 0, finishReason: 'other' }])
      }
    },
  )
})

describe('a writer of responses', () => {
  it('passes a stream on to the byte', () => {
    expect(write(readAll(vendorStream()))).toBe(framed(vendorStream()))
    const pretty = vendorStream().map((data) => JSON.stringify(JSON.parse(data), null, 1))
    const parsed = [...new SseParser().push(Buffer.from(write(readAll(pretty))))]
    expect(parsed.map(({ data }) => data)).toEqual(pretty)
  })

  it('numbers the items of a server that does not', () => {
    const plain = vendorStream().map((data) => {
      const { output_index: _, content_index: __, sequence_number: ___, ...event } = JSON.parse(data)
      return JSON.stringify(event)
    })
    const written = dataIn(write(readAll(plain)))
    // The first two are passed on as they came, without a number.
    const numbers = written.slice(2).map((each) => each.sequence_number)
    expect(numbers).toEqual(numbers.map((_, index) => index + 2))
    expect(written.at(-1)?.response.output.map(({ type }: { type: string }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'custom_tool_call',
      'web_search_call',
    ])
    expect(written.at(-1)?.response.output[1].content[0].text).toBe('Grüße 🌍')
  })

  it('begins a call that comes first from a server that does not number items', () => {
    const at = { item_id: 'fc_1' }
    const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'look' }
    const whole = { ...item, status: 'completed', arguments: '{"at": 2}' }
    const events = [
      { type: 'response.created', response: { id: 'resp_1', object: 'response', status: 'in_progress' } },
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress', arguments: '' } },
      { type: 'response.function_call_arguments.delta', delta: '{"at":', ...at },
      { type: 'response.function_call_arguments.delta', delta: ' 2}', ...at },
      { type: 'response.output_item.done', item: whole },
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [whole] } },
    ]
    const written = dataIn(write(readAll(events.map((event) => JSON.stringify(event)))))
    const place = { output_index: 0 }
    expect(written.slice(1, -1)).toEqual([
      expect.objectContaining({ type: 'response.output_item.added', ...place }),
      expect.objectContaining({ type: 'response.function_call_arguments.delta', delta: '{"at":', ...place }),
      expect.objectContaining({ type: 'response.function_call_arguments.delta', delta: ' 2}', ...place }),
      expect.objectContaining({ type: 'response.function_call_arguments.done', ...place }),
      expect.objectContaining({ type: 'response.output_item.done', ...place }),
    ])
    expect(written[1]?.item).toMatchObject({ type: 'function_call', call_id: 'call_1', name: 'look' })
    expect(written.at(-1)?.response.output).toMatchObject([{ name: 'look', arguments: '{"at": 2}' }])
  })

  it('says the end itself when the vendor left it out', () => {
    const open = reader()
    const cut = vendorStream().slice(0, -1)
    const events = [...cut.flatMap((data) => open.read('message', data) ?? []), ...open.end('marked')]
    const written = dataIn(write(events))
    expect(written.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { id: 'resp_1', model: 'm-1' },
    })
    expect(written.at(-1)?.response.output).toHaveLength(5)
    expect(written.map((each) => each.sequence_number)).toEqual(written.map((_, index) => index))
  })

  it.each([14, 15, 4, 20])(
    'says nothing of what was edited or taken out, also not where the vendor repeats it: event %i',
    (place) => {
      const events = readAll(vendorStream())
      const target = events[place]
      const [part] = target?.parts ?? []
      if (target === undefined || part === undefined) throw new Error('no part')
      const secret = 'text' in part ? part.text : 'arguments' in part ? String(part.arguments) : ''
      const changed = {
        ...part,
        ...('text' in part ? { text: '***' } : { arguments: '***' }),
      } as ChatEventPart
      const redacted = events.map((event) => (event === target ? edited(event, [changed]) : event))
      const dropped = events.filter((event) => event !== target)
      for (const stream of [redacted, dropped]) {
        const written = write(stream)
        const said = dataIn(written)
        expect(said.map(({ delta }) => delta)).not.toContain(secret)
        for (const each of said) {
          const whole = [
            each.text,
            each.part?.text,
            each.item?.arguments,
            each.item?.content?.[0]?.text,
            each.arguments,
          ]
          for (const text of whole) expect(String(text ?? '')).not.toContain(secret)
        }
        expect(JSON.stringify(said.at(-1)?.response.output)).not.toContain(
          JSON.stringify(secret).slice(1, -1),
        )
        // What was taken out before its end leaves a gap in the vendor's own numbers.
        const numbers = said.map((each) => Number(each.sequence_number))
        expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other))
        expect(said.at(-1)?.type).toBe('response.completed')
      }
    },
  )

  it('writes what another vendor signed so that it can come back', () => {
    const at = { choice: 0, block: 0 } as const
    const call = {
      type: 'tool-call-delta',
      id: 'c',
      name: 'f',
      arguments: '{}',
      choice: 0,
      block: 2,
    } as const
    const written = dataIn(
      write([
        { parts: [{ type: 'reasoning-delta', text: 'Hm', ...at }] },
        { parts: [{ type: 'reasoning-delta', text: '', signature: 's', signedBy: 'anthropic', ...at }] },
        {
          parts: [
            { type: 'reasoning-delta', text: '', encrypted: 'e', signedBy: 'anthropic', choice: 0, block: 1 },
          ],
        },
        { parts: [{ ...call, signature: 't', signedBy: 'google' }] },
        { parts: [{ type: 'text-delta', text: 'Hi', choice: 0, block: 3 }] },
        {
          parts: [{ type: 'text-delta', text: '', signature: 'u', signedBy: 'google', choice: 0, block: 3 }],
        },
        { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] },
      ]),
    )
    const { output } = written.at(-1)?.response ?? {}
    expect(parse({ model: 'm', input: output }).messages[0]?.content).toEqual([
      { type: 'reasoning', text: 'Hm', signature: 's', signedBy: 'anthropic' },
      { type: 'reasoning', text: '', encrypted: 'e', signedBy: 'anthropic' },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', signature: 't', signedBy: 'google' },
      { type: 'text', text: 'Hi' },
      { type: 'text', text: '', signature: 'u', signedBy: 'google' },
    ])
  })

  it('has one answer, and parts of other vendors have no place in it', () => {
    const written = dataIn(
      write([
        { parts: [{ type: 'text-delta', text: 'other', choice: 1, block: 0 }] },
        { parts: [{ type: 'opaque-delta', vendor: 'another', kind: 'x', data: {}, choice: 0, block: 1 }] },
        { parts: [{ type: 'audio-delta', transcript: 'Hi', choice: 0, block: 2 }] },
        { parts: [{ type: 'finish', choice: 0, finishReason: 'length' }] },
      ]),
    )
    expect(written.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ content: [{ text: 'Hi' }] }],
      },
    })
  })
})
