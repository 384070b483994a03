import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import { readChoices } from '../../../../src/dialects/openai/chat-delta.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { SseParser } from '../../../../src/http/sse.ts'
import type { ChatEvent, ChatEventPart, ChatMessage, ChatRequest } from '../../../../src/provider/contract.ts'

const space = fc.constantFrom('', '', ' ', '\n  ')
/** JSON text that JavaScript would write otherwise, and any other. */
const value = fc.oneof(
  fc.constantFrom('12345678901234567890', '-1.50e+3', '"\\u00e9\\/"', '{"10":1,"9":[ ]}', 'null', '"é😀"'),
  fc.jsonValue({ maxDepth: 2 }).map((each) => JSON.stringify(each)),
)
const said = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('"', '\\', '\n', '"messages":[', ' "model": "x"', '😀é'),
)

function objectText(members: readonly (readonly [string, string])[], gap: string): string {
  return `{${members.map(([name, text]) => `${gap}${JSON.stringify(name)}:${gap}${text}`).join(',')}${gap}}`
}

const extra = (prefix: string) =>
  fc.array(
    fc.tuple(
      fc.stringMatching(/^[a-z]{1,3}$/).map((name) => prefix + name),
      value,
    ),
    { maxLength: 3 },
  )

const part = fc.oneof(
  said.map((text) => JSON.stringify({ type: 'text', text })),
  fc.constantFrom(
    '{"type":"image_url","image_url":{"url":"https://a/b.png","detail":"low"}}',
    '{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}',
    '{"type":"file","file":{"file_id":"f"}}',
    '{"type":"video_url","video_url":{"url":"https://a/b"}}',
  ),
)
const content = fc.oneof(
  said.map((text) => JSON.stringify(text)),
  fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `[${parts.join(', ')}]`),
)
type Role = readonly [name: string, more: readonly [string, string][]]
const message = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('system', 'developer', 'user', 'assistant').map((role): Role => [role, []]),
      fc.constantFrom<Role>(['tool', [['tool_call_id', '"c"']]], ['function', [['name', '"f"']]]),
    ),
    content,
    extra('m_'),
    space,
  )
  .map(([[role, more], text, others, gap]) =>
    objectText([...others, ['role', JSON.stringify(role)], ...more, ['content', text]], gap),
  )
const body = fc
  .tuple(
    fc.array(message, { minLength: 1, maxLength: 4 }),
    extra('x_'),
    fc.subarray([
      ['seed', '9223372036854775807'],
      ['temperature', '2.50'],
      ['n', '2'],
      ['stop', '["a", "b"]'],
      ['tools', '[{"type":"function","function":{"name":"f","strict":true}},{"type":"web"}]'],
      ['tool_choice', '{"type":"allowed_tools"}'],
      ['max_tokens', '7'],
    ] as [string, string][]),
    space,
    fc.nat(),
  )
  .map(([messages, others, known, gap, at]) => {
    const members: [string, string][] = [...others, ...known]
    members.splice(at % (members.length + 1), 0, ['messages', `[${messages.join(`${gap},${gap}`)}]`])
    members.splice((at * 7) % (members.length + 1), 0, ['model', '"public-\\u006dodel"'])
    return { text: objectText(members, gap), messages }
  })

const unary = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const

describe('a chat request of any shape', () => {
  it('reaches the upstream the same to the byte, but for the model and what the router adds', () => {
    fc.assert(
      fc.property(body, ({ text }) => {
        const request = { ...openaiChat.parse(text).request, model: 'backend' }
        const named = text.replace('"public-\\u006dodel"', '"backend"')
        expect(openaiChat.print(request, unary)).toBe(named)
        const added = ',"stream":true,"stream_options":{"include_usage":true}'
        const at = openaiChat.print(request, { ...unary, stream: true }).indexOf(added)
        expect(at).toBeGreaterThan(0)
        const streamed = openaiChat.print(request, { ...unary, stream: true })
        expect(streamed.slice(0, at) + streamed.slice(at + added.length)).toBe(named)
      }),
      { numRuns: 200 },
    )
  })

  it('loses the form of a message that was edited, and of no other', () => {
    const redacted: ChatMessage = { role: 'user', content: [{ type: 'text', text: '[redacted]' }] }
    fc.assert(
      fc.property(body, fc.nat(), ({ text, messages }, nth) => {
        const { request } = openaiChat.parse(text)
        const at = nth % messages.length
        const edited: ChatRequest = { ...request, messages: request.messages.with(at, redacted) }
        const sent = openaiChat.print(edited, unary)
        const texts = messages.with(at, '{"role":"user","content":"[redacted]"}')
        expect(sent).toContain(`[${texts.join(',')}]`)
      }),
      { numRuns: 200 },
    )
  })
})

const token = fc.oneof(
  { weight: 4, arbitrary: said },
  { weight: 1, arbitrary: fc.constantFrom('m', 'tok', 'content') },
)
const delta = fc.oneof(
  { weight: 6, arbitrary: token.map((content) => ({ content })) },
  token.map((reasoning_content) => ({ reasoning_content })),
  token.map((refusal) => ({ refusal })),
  token.map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
  token.map((input) => ({
    tool_calls: [{ index: 1, id: 'c', type: 'custom', custom: { name: 'm', input } }],
  })),
  fc.constant({ role: 'assistant', content: '' }),
  token.map((content) => ({ content, other: content })),
)
const chunk = fc
  .record({
    id: fc.constantFrom('m', 'up'),
    choices: fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.record({ index: fc.constantFrom(0, 0, 0, 1), delta })) },
      fc.array(fc.record({ index: fc.nat({ max: 2 }), delta }), { maxLength: 2 }),
      fc.tuple(
        fc.record({ index: fc.nat({ max: 1 }), delta: fc.constant({}), finish_reason: fc.constant('stop') }),
      ),
    ),
    usage: fc.constantFrom(undefined, undefined, null, { completion_tokens: 3 }),
  })
  .map((each) => JSON.parse(JSON.stringify(each)) as { choices: unknown[]; usage?: object | null })
const stream = fc.tuple(
  fc.array(chunk, { minLength: 1, maxLength: 20 }),
  fc.constantFrom(undefined, ' '),
  fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
  fc.boolean(),
)

const spaced = (body: unknown, gap: string | undefined): string =>
  gap === undefined
    ? JSON.stringify(body)
    : JSON.stringify(body).replaceAll('":', '": ').replaceAll('\\": ', '\\":')

const errorOf = (): ModelspineError => new ModelspineError('unavailable', 'an error inside')

/** The events of the chunks, however their bytes were cut. */
function readAll(
  texts: readonly string[],
  sizes: readonly number[],
  usageAsked: boolean,
): readonly ChatEvent[] {
  const asked = {
    model: 'm',
    messages: [{ role: 'user', content: 'a' }],
    stream_options: { include_usage: usageAsked },
  }
  const reader = openaiChat.reader(openaiChat.parse(JSON.stringify(asked)).request, errorOf)
  const parser = new SseParser()
  const bytes = Buffer.from(texts.map((text) => `data: ${text}\n\n`).join(''))
  const events: ChatEvent[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    for (const { event, data } of parser.push(bytes.subarray(at, at + size))) {
      const read = reader.read(event, data)
      if (read !== undefined) events.push(read)
    }
    at += size
  }
  return events
}

/** The parts of a chunk, read without any shortcut. */
function partsOf(text: string, finished: Set<number>): readonly unknown[] {
  const { choices, usage } = JSON.parse(text)
  const parts = readChoices(choices).filter((part) => {
    if (part.type !== 'finish') return true
    const isFirst = !finished.has(part.choice)
    finished.add(part.choice)
    return isFirst
  })
  return usage == null ? parts : [...parts, { type: 'usage', usage: { outputTokens: 3 } }]
}

const write = (events: readonly ChatEvent[]): string =>
  openaiChat.writer({ id: 'r', model: 'm', createdMs: 0, includeUsage: false }).write(events)

describe('a stream of any shape', () => {
  it('says what its chunks say, and is passed on the same to the byte, but for usage that nobody asked for', () => {
    fc.assert(
      fc.property(stream, ([chunks, gap, sizes, usageAsked]) => {
        const texts = chunks.map((each) => spaced(each, gap))
        const events = readAll(texts, sizes, usageAsked)
        const finished = new Set<number>()
        expect(events.map(({ parts }) => parts)).toEqual(texts.map((text) => partsOf(text, finished)))
        const shown = chunks.flatMap((each) => {
          const { usage, ...rest } = each
          if (usageAsked) return [spaced(each, gap)]
          return usage != null && each.choices.length === 0 ? [] : [spaced(rest, gap)]
        })
        expect(write(events)).toBe(shown.map((text) => `data: ${text}\n\n`).join(''))
      }),
      { numRuns: 300 },
    )
  })

  it('loses the form of an event that was edited, and of no other', () => {
    const secret = 'SECRET 4111'
    fc.assert(
      fc.property(stream, fc.nat(), ([chunks, gap, sizes], nth) => {
        const hidden = { id: 'up', choices: [{ index: 0, delta: { content: secret } }] }
        const texts = chunks.map((each) => spaced(each, gap))
        const at = nth % texts.length
        const events = readAll(
          [...texts.slice(0, at), JSON.stringify(hidden), ...texts.slice(at)],
          sizes,
          true,
        )
        const redact = (part: ChatEventPart): ChatEventPart =>
          part.type === 'text-delta' && part.text === secret ? { ...part, text: '[card]' } : part
        const edited = events.map((event, place) =>
          place === at ? { ...event, parts: event.parts.map(redact) } : event,
        )
        const pieces = write(edited).split('\n\n').slice(0, -1)
        expect(pieces.toSpliced(at, 1)).toEqual(texts.map((text) => `data: ${text}`))
        expect(pieces[at]).toContain('[card]')
        expect(write(edited)).not.toContain(secret)
      }),
      { numRuns: 200 },
    )
  })
})
