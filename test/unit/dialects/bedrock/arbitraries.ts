import fc from 'fast-check'
import type { ChatMessage, ChatPart, ChatRequest, ChatTool } from '../../../../src/provider/contract.ts'

const words = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 9 })
  .map((bytes) => Buffer.from(bytes).toString('base64'))
const callIds = fc.stringMatching(/^[a-zA-Z0-9_.:-]{1,20}$/)
const names = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
/** Zero has no sign in JSON. */
const json = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
const marks = fc.constantFrom({}, { cacheMark: {} }, { cacheMark: { ttl: '1h' } })

const texts: fc.Arbitrary<ChatPart> = fc.record({ type: fc.constant('text' as const), text: words })
const media: fc.Arbitrary<ChatPart> = fc.oneof(
  fc.record({
    type: fc.constant('image' as const),
    url: base64.map((data) => `data:image/png;base64,${data}`),
  }),
  fc.record({
    type: fc.constant('image' as const),
    url: fc.constant('s3://a-bucket/cat'),
    mediaType: fc.constant('image/webp'),
  }),
  fc.record({
    type: fc.constant('file' as const),
    url: base64.map((data) => `data:application/pdf;base64,${data}`),
    filename: names.map((name) => `${name.replaceAll('_', '-')}.pdf`),
  }),
)
const audio: fc.Arbitrary<ChatPart> = fc.record({
  type: fc.constant('audio' as const),
  url: base64.map((data) => `data:audio/wav;base64,${data}`),
})
const marked = (parts: fc.Arbitrary<ChatPart>): fc.Arbitrary<ChatPart> =>
  fc.tuple(parts, marks).map(([part, mark]) => ({ ...part, ...mark }))

const calls: fc.Arbitrary<ChatPart> = fc.record({
  type: fc.constant('tool-call' as const),
  id: callIds,
  name: names,
  arguments: json.map((value) => JSON.stringify(value)),
})
const thoughts: fc.Arbitrary<ChatPart> = fc.oneof(
  fc.record({
    type: fc.constant('reasoning' as const),
    text: words,
    signature: fc.stringMatching(/^[a-zA-Z0-9+/]{4,12}$/),
    signedBy: fc.constant('bedrock'),
  }),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.constant(''),
    encrypted: base64,
    signedBy: fc.constant('bedrock'),
  }),
)

/** Parts of these kinds for a message. Only one kind of part may follow itself without joining it. */
const contentOf = (parts: fc.Arbitrary<ChatPart>): fc.Arbitrary<readonly ChatPart[]> =>
  fc.array(parts, { minLength: 1, maxLength: 3 })

const userMessages: fc.Arbitrary<ChatMessage> = fc.record({
  role: fc.constant('user' as const),
  content: contentOf(marked(fc.oneof(texts, media, audio))),
})
const assistantMessages: fc.Arbitrary<ChatMessage> = fc.record({
  role: fc.constant('assistant' as const),
  content: contentOf(fc.oneof(thoughts, marked(fc.oneof(texts, calls)))),
})
const results: fc.Arbitrary<ChatMessage> = fc
  .tuple(callIds, contentOf(fc.oneof(texts, media)), fc.boolean(), marks)
  .map(([toolCallId, content, failed, mark]) => ({
    role: 'tool' as const,
    toolCallId,
    ...(failed && { toolFailed: true as const }),
    // A mark stands behind the whole result.
    content: [...content.slice(0, -1), { ...(content.at(-1) as ChatPart), ...mark }],
  }))

/** Turns of one role each, so that no two messages become one. */
const turns: fc.Arbitrary<readonly ChatMessage[]> = fc
  .array(
    fc.tuple(
      assistantMessages,
      fc.oneof(
        userMessages.map((message) => [message]),
        fc
          .tuple(fc.array(results, { minLength: 1, maxLength: 2 }), userMessages)
          .map(([before, last]) => [...before, last]),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.flatMap(([assistant, after]) => [assistant, ...after]))

const systems: fc.Arbitrary<readonly ChatMessage[]> = fc.array(
  fc.record({ role: fc.constant('system' as const), content: contentOf(marked(texts)) }),
  { maxLength: 1 },
)

const tools: fc.Arbitrary<ChatTool> = fc.record(
  {
    type: fc.constant('function' as const),
    name: names,
    description: words,
    parameters: json,
    strict: fc.boolean(),
    cacheMark: fc.constantFrom({}, { ttl: '5m' }),
  },
  { requiredKeys: ['type', 'name', 'parameters'] },
)

const settings = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 10_000 }),
    temperature: fc.constantFrom(0, 0.25, 1),
    topP: fc.constantFrom(0, 0.5, 1),
    stop: fc.array(words, { minLength: 1, maxLength: 2 }),
    reasoningEffort: fc.constantFrom('low', 'high', 'max'),
    responseSchema: fc.record(
      { name: names, description: words, schema: json, strict: fc.constant(true) },
      { requiredKeys: ['name', 'schema', 'strict'] },
    ),
  },
  { requiredKeys: [] },
)

/** Bedrock refuses two documents of one name, and knows no case in it. */
function eachDocumentHasItsName({ messages }: ChatRequest): boolean {
  const names = messages
    .flatMap(({ content }) => content ?? [])
    .flatMap((part) => (part.type === 'file' ? [part.filename?.toLowerCase()] : []))
  return new Set(names).size === names.length
}

/** Requests that Converse can say whole. */
export const converseRequests: fc.Arbitrary<ChatRequest> = fc
  .tuple(
    systems,
    userMessages,
    turns,
    settings,
    fc.array(tools, { maxLength: 2 }),
    fc.constantFrom(undefined, 'auto' as const, 'required' as const, { name: 'look' }),
  )
  .map(([system, first, more, rest, list, toolChoice]) => ({
    model: 'amazon.nova-pro-v1:0',
    messages: [...system, first, ...more],
    ...rest,
    ...(list.length > 0 && { tools: list, ...(toolChoice !== undefined && { toolChoice }) }),
  }))
  .filter(eachDocumentHasItsName)

/** Any text as the place of a request. */
export const place = { model: 'amazon.nova-pro-v1:0', stream: false } as const
