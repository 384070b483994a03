import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { type ChatEvent, type ChatEventPart, edited, nativeText } from '../../../../src/provider/contract.ts'
import { framesIn } from './event-frames.ts'

const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }
const errorOf = (body: unknown): ModelspineError => new ModelspineError('overloaded', JSON.stringify(body))
const reader = () => bedrockConverse.reader({ model: 'm', messages: [] }, errorOf)

type Said = readonly [name: string, body: object]

function read(said: readonly Said[]): readonly ChatEvent[] {
  const reading = reader()
  return said.flatMap(([name, body]) => reading.read(name, JSON.stringify(body)) ?? [])
}

const partsOf = (said: readonly Said[]): readonly ChatEventPart[] => read(said).flatMap(({ parts }) => parts)
const delta = (contentBlockIndex: number, delta: object): Said => [
  'contentBlockDelta',
  { delta, contentBlockIndex },
]
const stop = (contentBlockIndex: number): Said => ['contentBlockStop', { contentBlockIndex }]
const start = (contentBlockIndex: number, start: object): Said => [
  'contentBlockStart',
  { start, contentBlockIndex },
]

const whole: readonly Said[] = [
  ['messageStart', { role: 'assistant' }],
  delta(0, { reasoningContent: { text: 'Hm' } }),
  delta(0, { reasoningContent: { signature: 'sig' } }),
  stop(0),
  delta(1, { reasoningContent: { redactedContent: 'AAEC' } }),
  stop(1),
  delta(2, { text: 'Grüße ' }),
  delta(2, { citation: { title: 't' } }),
  stop(2),
  start(3, { toolUse: { toolUseId: 'c', name: 'look' } }),
  delta(3, { toolUse: { input: '{"at"' } }),
  delta(3, { toolUse: { input: ':1}' } }),
  stop(3),
  start(4, { toolUse: { toolUseId: 'd', name: 'now' } }),
  stop(4),
  start(5, { toolUse: { toolUseId: 'e', name: 'web', type: 'server_tool_use' } }),
  delta(5, { toolUse: { input: '{}' } }),
  stop(5),
  ['messageStop', { stopReason: 'tool_use' }],
  [
    'metadata',
    {
      usage: {
        inputTokens: 5,
        outputTokens: 3,
        totalTokens: 17,
        cacheReadInputTokens: 2,
        cacheWriteInputTokens: 7,
        cacheDetails: [
          { ttl: '1h', inputTokens: 4 },
          { ttl: '5m', inputTokens: 3 },
        ],
      },
      metrics: { latencyMs: 9 },
    },
  ],
]

describe('a stream of Converse', () => {
  it('is read event by event, with what each says', () => {
    const opaque = { type: 'opaque-delta', vendor: 'bedrock', choice: 0 }
    expect(partsOf(whole)).toEqual([
      { type: 'reasoning-delta', text: 'Hm', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: '', signature: 'sig', signedBy: 'bedrock', choice: 0, block: 0 },
      { type: 'reasoning-delta', text: '', encrypted: 'AAEC', signedBy: 'bedrock', choice: 0, block: 1 },
      { type: 'text-delta', text: 'Grüße ', choice: 0, block: 2 },
      { ...opaque, kind: 'contentBlockDelta', data: { citation: { title: 't' } }, block: 2 },
      { type: 'tool-call-delta', id: 'c', name: 'look', choice: 0, block: 3 },
      { type: 'tool-call-delta', arguments: '{"at"', choice: 0, block: 3 },
      { type: 'tool-call-delta', arguments: ':1}', choice: 0, block: 3 },
      { type: 'tool-call-delta', id: 'd', name: 'now', choice: 0, block: 4 },
      // A call without arguments has an object of them for all who parse it.
      { type: 'tool-call-delta', arguments: '{}', choice: 0, block: 4 },
      {
        ...opaque,
        kind: 'contentBlockStart',
        data: { toolUse: { toolUseId: 'e', name: 'web', type: 'server_tool_use' } },
        block: 5,
      },
      { ...opaque, kind: 'contentBlockDelta', data: { toolUse: { input: '{}' } }, block: 5 },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
      {
        type: 'usage',
        usage: {
          inputTokens: 5,
          outputTokens: 3,
          cacheReadTokens: 2,
          cacheWriteTokens: 7,
          longCacheWriteTokens: 4,
        },
      },
    ])
    expect(read(whole)).toHaveLength(whole.length)
  })

  it('is passed on to the byte, also what nobody here knows', () => {
    const payload = '{"contentBlockIndex":0, "delta":{"text":"Grüße 🌍"}, "p":"abcdefg"}'
    const reading = reader()
    const events = [
      reading.read('messageStart', '{"role" : "assistant"}'),
      reading.read('contentBlockDelta', payload),
      reading.read('somethingNew', '{"a":1.0}'),
      reading.read('contentBlockStop', '{"contentBlockIndex":0}'),
      reading.read('messageStop', '{"stopReason":"end_turn"}'),
    ].flatMap((event) => event ?? [])
    const writer = bedrockConverse.writer(facts)
    expect(framesIn(writer.write(events) + writer.end())).toEqual([
      { name: 'messageStart', data: '{"role" : "assistant"}' },
      { name: 'contentBlockDelta', data: payload },
      { name: 'somethingNew', data: '{"a":1.0}' },
      { name: 'contentBlockStop', data: '{"contentBlockIndex":0}' },
      { name: 'messageStop', data: '{"stopReason":"end_turn"}' },
    ])
    expect(nativeText(events[1] as ChatEvent, 'bedrock-converse')).toBe(`{"contentBlockDelta":${payload}}`)
  })

  it('says an edited event in the place of the one that came', () => {
    const events = read(whole).map((event) => {
      const [part] = event.parts
      return part?.type === 'text-delta' ? edited(event, [{ ...part, text: 'x' }]) : event
    })
    const writer = bedrockConverse.writer(facts)
    const frames = framesIn(writer.write(events) + writer.end())
    const expected = whole.map(([name, body]) => ({ name, data: JSON.stringify(body) }))
    expected[6] = { name: 'contentBlockDelta', data: '{"delta":{"text":"x"},"contentBlockIndex":2}' }
    expect(frames).toEqual(expected)
  })

  it('closes blocks that are open when it ends, where an edit took the event that closes them', () => {
    const events = read(whole.slice(0, 9)).filter((_, place) => place !== 8)
    const last = read([['messageStop', { stopReason: 'end_turn' }]])
    const frames = framesIn(bedrockConverse.writer(facts).write([...events, ...last]))
    expect(frames.slice(-2)).toEqual([
      { name: 'contentBlockStop', data: '{"contentBlockIndex":2}' },
      { name: 'messageStop', data: '{"stopReason":"end_turn"}' },
    ])
  })

  it('is built of the events of another vendor, with blocks one after the other', () => {
    const at = (block: number) => ({ choice: 0, block })
    const parts: ChatEventPart[] = [
      { type: 'reasoning-delta', text: 'Hm', ...at(0) },
      { type: 'reasoning-delta', text: '', signature: 's', signedBy: 'google', ...at(0) },
      { type: 'reasoning-delta', text: '', encrypted: 'gAAA', signedBy: 'openai', ...at(0) },
      { type: 'text-delta', text: 'a', ...at(1) },
      { type: 'opaque-delta', vendor: 'x', kind: 'y', data: {}, ...at(9) },
      { type: 'tool-call-delta', id: 'c', name: 'look', ...at(4) },
      { type: 'tool-call-delta', arguments: '{', ...at(4) },
      { type: 'tool-call-delta', id: 'd', name: 'now', arguments: '{}', ...at(7) },
      { type: 'tool-call-delta', arguments: '}', ...at(4) },
      {
        type: 'usage',
        usage: { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, longCacheWriteTokens: 3 },
      },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
    ]
    const writer = bedrockConverse.writer(facts)
    const frames = framesIn(writer.write(parts.map((part) => ({ parts: [part] }))) + writer.end())
    const redactedContent = Buffer.from('modelspine:openai:gAAA').toString('base64')
    const expected: readonly Said[] = [
      ['messageStart', { role: 'assistant' }],
      delta(0, { reasoningContent: { text: 'Hm' } }),
      delta(0, { reasoningContent: { signature: 'modelspine:google:s' } }),
      stop(0),
      delta(1, { reasoningContent: { redactedContent } }),
      stop(1),
      delta(2, { text: 'a' }),
      stop(2),
      start(3, { toolUse: { toolUseId: 'c', name: 'look' } }),
      delta(3, { toolUse: { input: '{' } }),
      start(4, { toolUse: { toolUseId: 'd', name: 'now' } }),
      delta(4, { toolUse: { input: '{}' } }),
      delta(3, { toolUse: { input: '}' } }),
      stop(3),
      stop(4),
      ['messageStop', { stopReason: 'tool_use' }],
      [
        'metadata',
        {
          usage: {
            inputTokens: 1,
            outputTokens: 2,
            totalTokens: 6,
            cacheWriteInputTokens: 3,
            cacheDetails: [{ ttl: '1h', inputTokens: 3 }],
          },
          metrics: { latencyMs: 0 },
        },
      ],
    ]
    expect(frames.map(({ name, data }) => [name, JSON.parse(data)])).toEqual(expected)
  })

  it.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['malformed_tool_use', 'other'],
    ['a new one', 'other'],
  ])('that ended with %s has finished with %s', (stopReason, finishReason) => {
    expect(partsOf([['messageStop', { stopReason }]])).toEqual([{ type: 'finish', choice: 0, finishReason }])
  })

  it('tells which sequence stopped it, where the model told it', () => {
    const body = { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }
    const finish = { type: 'finish', choice: 0, finishReason: 'stop', stopSequence: 'END' } as const
    expect(partsOf([['messageStop', body]])).toEqual([finish])
    const [, stop] = framesIn(bedrockConverse.writer(facts).write([{ parts: [finish] }]))
    expect(JSON.parse(stop?.data ?? '')).toEqual(body)
  })

  it.each([
    ['is whole after its last event', whole, 'unsure'],
    ['is whole without its usage', whole.slice(0, -1), 'unsure'],
  ] as const)('%s', (_what, said, how) => {
    const reading = reader()
    for (const [name, body] of said) reading.read(name, JSON.stringify(body))
    expect(reading.end(how)).toEqual([])
  })

  it.each([
    ['is interrupted before its last event', whole.slice(0, 7), 'unsure', 'interrupted'],
    ['is interrupted there too when the transport ended whole', whole.slice(0, -2), 'whole', 'interrupted'],
    ['is malformed without any event', [], 'whole', 'malformed-reply'],
  ] as const)('%s', (_what, said, how, code) => {
    const reading = reader()
    for (const [name, body] of said) reading.read(name, JSON.stringify(body))
    expect(() => reading.end(how)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":'],
    ['contentBlockDelta', '[]'],
    ['contentBlockDelta', '{"contentBlockIndex":0}'],
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{}}'],
    ['contentBlockDelta', '{"delta":{"text":"a"}}'],
    ['contentBlockStart', '{"contentBlockIndex":0}'],
  ])('refuses an event that it cannot understand: %s %s', (name, data) => {
    expect(() => reader().read(name, data)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })

  it('ends with the error of an exception', () => {
    expect(() => reader().read('throttlingException', '{"message":"slowly"}')).toThrow(
      '{"__type":"throttlingException","message":"slowly"}',
    )
  })
})
