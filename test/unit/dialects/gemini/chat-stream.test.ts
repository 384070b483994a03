import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatStreamReader } from '../../../../src/dialects/chat-codec.ts'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { SseParser } from '../../../../src/http/sse.ts'
import { type ChatEvent, type ChatEventPart, edited, nativeText } from '../../../../src/provider/contract.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const request = { model: 'm', messages: [] }
const reader = (choices = 1): ChatStreamReader => geminiContent.reader({ ...request, choices }, errorOf)
const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }

const candidate = (parts: readonly object[], more: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, ...more }],
  responseId: 'r-1',
})
const partsOf = (events: readonly (ChatEvent | undefined)[]): readonly ChatEventPart[] =>
  events.flatMap((event) => event?.parts ?? [])
const readAll = (bodies: readonly object[], choices = 1): readonly ChatEventPart[] => {
  const open = reader(choices)
  return partsOf([...bodies.map((body) => open.read('message', JSON.stringify(body))), ...open.end('whole')])
}

describe('a reader', () => {
  it('gives one event for each of Google, with blocks that follow each other', () => {
    const text = ` ${JSON.stringify(candidate([{ text: 'H', thought: true }]))}`
    const event = reader().read('message', text)
    expect(nativeText(event ?? {}, 'gemini-content')).toBe(text)
    const parts = readAll([
      candidate([{ text: 'H', thought: true }]),
      candidate([{ text: 'm', thought: true }, { text: 'Y' }]),
      { ...candidate([{ text: 'es', thoughtSignature: 'c2ln' }]), usageMetadata: { promptTokenCount: 4 } },
      candidate([
        { functionCall: { name: 'look', args: { at: 1 } }, thoughtSignature: 'Yw==' },
        { functionCall: { id: 'b', name: 'find' } },
      ]),
      candidate([{ inlineData: { mimeType: 'audio/wav', data: 'AA==' } }, { executableCode: { code: '1' } }]),
      { ...candidate([{ text: '' }], { finishReason: 'STOP' }), usageMetadata: { candidatesTokenCount: 2 } },
    ])
    const at = (block: number, part: object): object => ({ ...part, choice: 0, block })
    expect(parts).toEqual([
      at(0, { type: 'reasoning-delta', text: 'H' }),
      at(0, { type: 'reasoning-delta', text: 'm' }),
      at(1, { type: 'text-delta', text: 'Y' }),
      at(1, { type: 'text-delta', text: 'es', signature: 'c2ln', signedBy: 'google' }),
      { type: 'usage', usage: { inputTokens: 4 } },
      at(2, {
        type: 'tool-call-delta',
        id: 'call_r-1_0',
        name: 'look',
        arguments: '{"at":1}',
        signature: 'Yw==',
        signedBy: 'google',
      }),
      at(3, { type: 'tool-call-delta', id: 'b', name: 'find', arguments: '{}' }),
      at(4, { type: 'audio-delta', data: 'AA==' }),
      at(5, {
        type: 'opaque-delta',
        vendor: 'google',
        kind: 'executableCode',
        data: { executableCode: { code: '1' } },
      }),
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
      { type: 'usage', usage: { inputTokens: 4, outputTokens: 2 } },
    ])
  })

  it('puts arguments together that Vertex AI streams', () => {
    const piece = (more: object, name?: string): object =>
      candidate([{ functionCall: { ...(name && { name }), ...more } }])
    const parts = readAll([
      piece({ willContinue: true }, 'look'),
      piece({
        partialArgs: [{ jsonPath: '$.city', stringValue: 'Ber', willContinue: true }],
        willContinue: true,
      }),
      piece({ partialArgs: [{ jsonPath: '$.city', stringValue: 'lin' }], willContinue: true }),
      piece({
        partialArgs: [
          { jsonPath: '$.stops[0].at', numberValue: 3 },
          { jsonPath: "$['a b']", boolValue: true },
          { jsonPath: '$.__proto__', nullValue: 'NULL_VALUE' },
        ],
        willContinue: true,
      }),
      piece({}),
      candidate([{ functionCall: { name: 'find', args: {} } }], { finishReason: 'STOP' }),
    ])
    const calls = parts.flatMap((part) => (part.type === 'tool-call-delta' ? [part] : []))
    expect(calls.map(({ block, name, arguments: text }) => [block, name, text])).toEqual([
      [0, 'look', undefined],
      [0, undefined, undefined],
      [0, undefined, undefined],
      [0, undefined, undefined],
      [0, undefined, '{"city":"Berlin","stops":[{"at":3}],"a b":true,"__proto__":null}'],
      [1, 'find', '{}'],
    ])
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool-calls' })
  })

  it('is finished only when each answer has a reason, however the transport ended', () => {
    for (const how of ['whole', 'unsure'] as const) {
      const open = reader()
      open.read('message', JSON.stringify(candidate([{ text: 'a' }], { finishReason: 'STOP' })))
      expect(open.end(how)).toEqual([])
      const cut = reader()
      cut.read('message', JSON.stringify(candidate([{ text: 'a' }])))
      expect(() => cut.end(how)).toThrow(expect.objectContaining({ code: 'interrupted' }))
      const half = reader(2)
      half.read('message', JSON.stringify(candidate([{ text: 'a' }], { finishReason: 'STOP' })))
      expect(() => half.end(how)).toThrow(expect.objectContaining({ code: 'interrupted' }))
    }
    expect(() => reader().end('whole')).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
    expect(() => reader().end('unsure')).toThrow(expect.objectContaining({ code: 'interrupted' }))
  })

  it('finishes an answer once', () => {
    const end = candidate([], { finishReason: 'MAX_TOKENS' })
    expect(readAll([end, end])).toEqual([{ type: 'finish', choice: 0, finishReason: 'length' }])
  })

  it.each([
    ['{"candidates":[', 'malformed-reply'],
    ['{"x":1}', 'malformed-reply'],
    ['{"candidates":[1]}', 'malformed-reply'],
    ['{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}', 'malformed-reply'],
    ['{"candidates":[{"content":1}]}', 'malformed-reply'],
    ['{"error":{"code":503}}', 'overloaded'],
    ['{"promptFeedback":{"blockReason":"SAFETY"}}', 'content-filter'],
  ])('throws for the event %s: %s', (data, code) => {
    expect(() => reader().read('message', data)).toThrow(expect.objectContaining({ code }))
  })

  it('never takes a stream for whole that was cut at any byte', () => {
    const events = [
      candidate([{ text: 'Grüße 🌍' }]),
      candidate([{ functionCall: { name: 'f', args: {} } }]),
      { ...candidate([{ text: '.' }], { finishReason: 'STOP' }), usageMetadata: { promptTokenCount: 1 } },
    ]
    const bytes = Buffer.from(events.map((body) => `data: ${JSON.stringify(body)}\r\n\r\n`).join(''))
    for (let end = 0; end < bytes.length; end += 1) {
      const framing = new SseParser()
      const open = reader()
      for (const { event, data } of framing.push(bytes.subarray(0, end))) open.read(event, data)
      const isCut = (): void => {
        if (framing.unfinished() !== undefined) throw new Error('in the middle of an event')
        open.end('unsure')
      }
      // Behind the last event only its empty line is missing.
      if (end >= bytes.length - 2) continue
      expect(isCut).toThrow()
    }
  })
})

const native = (body: object): ChatEvent => reader().read('message', JSON.stringify(body)) as ChatEvent
const written = (events: readonly ChatEvent[]): readonly string[] => {
  const writer = geminiContent.writer(facts)
  const text = writer.write(events) + writer.end()
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => block.slice('data: '.length))
}

describe('a writer', () => {
  it('passes events of the same dialect on to the byte, and adds nothing', () => {
    const bodies = [candidate([{ text: 'a' }]), candidate([], { finishReason: 'STOP' })]
    expect(written(bodies.map(native))).toEqual(bodies.map((body) => JSON.stringify(body)))
  })

  it('writes an edited event in a stream that is passed on, under its names', () => {
    const event = native({ ...candidate([{ text: 'secret' }]), modelVersion: 'v' })
    const events = [event, edited(event, [{ type: 'text-delta', text: '***', choice: 0, block: 0 }])]
    expect(JSON.parse(written(events)[1] ?? '')).toEqual({
      candidates: [{ content: { role: 'model', parts: [{ text: '***' }] }, index: 0 }],
      modelVersion: 'v',
      responseId: 'r-1',
    })
  })

  it('puts calls together, and the end with the usage last', () => {
    const call = (block: number, more: object): ChatEvent => ({
      parts: [{ type: 'tool-call-delta', choice: 0, block, ...more }],
    })
    const bodies = written([
      {
        parts: [
          { type: 'reasoning-delta', text: 'h', signature: 's', signedBy: 'anthropic', choice: 0, block: 0 },
        ],
      },
      call(1, { id: '1', name: 'look' }),
      call(1, { arguments: '{"a":' }),
      call(1, { arguments: '1}' }),
      call(2, { id: '2', name: 'find', arguments: '' }),
      { parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] },
      { parts: [{ type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } }] },
    ]).map((text) => JSON.parse(text))
    expect(bodies.map(({ candidates }) => candidates[0].content.parts[0])).toEqual([
      {
        text: 'h',
        thought: true,
        thoughtSignature: Buffer.from('modelspine:anthropic:s').toString('base64'),
      },
      { functionCall: { id: '1', name: 'look', args: { a: 1 } } },
      { functionCall: { id: '2', name: 'find', args: {} } },
      { text: '' },
    ])
    expect(bodies.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
      modelVersion: 'm',
      responseId: 'r',
    })
  })

  it('parts thoughts that have signatures of their own', () => {
    const at = (block: number) => ({ choice: 0, block })
    const parts: readonly ChatEventPart[] = [
      { type: 'reasoning-delta', text: 'a', ...at(0) },
      { type: 'reasoning-delta', text: 'b', ...at(1) },
      { type: 'reasoning-delta', text: '', signature: 's', signedBy: 'anthropic', ...at(1) },
      { type: 'reasoning-delta', text: '', encrypted: 'e', signedBy: 'anthropic', ...at(2) },
      { type: 'reasoning-delta', text: 'c', ...at(3) },
      { type: 'finish', choice: 0, finishReason: 'stop' },
    ]
    const bodies = written(parts.map((part) => ({ parts: [part] })))
    expect(readAll(bodies.map((text) => JSON.parse(text)))).toEqual(parts)
  })

  it('says when a call cannot be written', () => {
    const bodies = written([
      { parts: [{ type: 'tool-call-delta', choice: 0, block: 0, id: '1', name: 'f', arguments: '{"a' }] },
      { parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] },
    ])
    expect(bodies).toHaveLength(1)
    expect(JSON.parse(bodies[0] ?? '').candidates[0].finishReason).toBe('MALFORMED_FUNCTION_CALL')
  })

  it('writes what the reader reads as the same', () => {
    const delta = fc.oneof(
      fc.record({
        type: fc.constantFrom('text-delta' as const, 'reasoning-delta' as const),
        text: fc.string({ minLength: 1 }),
      }),
      fc.record({
        type: fc.constant('tool-call-delta' as const),
        id: fc.constant('i'),
        name: fc.constantFrom('f', 'g'),
        arguments: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
      }),
    )
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 6 }), (deltas) => {
        let block = -1
        let kind = ''
        const parts: ChatEventPart[] = deltas.map((each) => {
          if (each.type === 'tool-call-delta' || each.type !== kind) block += 1
          kind = each.type
          return { ...each, choice: 0, block }
        })
        const hasCalls = deltas.some(({ type }) => type === 'tool-call-delta')
        const finish: ChatEventPart = {
          type: 'finish',
          choice: 0,
          finishReason: hasCalls ? 'tool-calls' : 'stop',
        }
        const bodies = written([...parts, finish].map((part) => ({ parts: [part] })))
        const read = readAll(bodies.map((text) => JSON.parse(text)))
        const sorted = (part: ChatEventPart): unknown =>
          part.type === 'tool-call-delta' ? { ...part, arguments: JSON.parse(part.arguments ?? '') } : part
        expect(read.map(sorted)).toEqual([...parts, finish].map(sorted))
      }),
    )
  })
})
