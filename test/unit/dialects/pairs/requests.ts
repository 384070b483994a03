/** Conversations as people and their tools have them: any dialect can say some of them, and none can say all. */

import fc from 'fast-check'
import type { ChatMessage, ChatPart, ChatRequest, ChatTool } from 'modelspine/adapter'

const word = fc.constantFrom('Hi', 'Look at this', 'ünï 漢字 🐟', 'a "quoted" \\ text\n', '{"json":1}', ' ')
const ids = fc.constantFrom('call_1', 'call_2', 'toolu_01A', 'c')
const png = 'data:image/png;base64,iVBORw0KGgo='
const pdf = 'data:application/pdf;base64,JVBERi0xLjQK'
const wav = 'data:audio/wav;base64,UklGRgAAAAA='
const cacheMark = fc.option(fc.constantFrom({}, { ttl: '5m' }, { ttl: '1h' }), { nil: undefined, freq: 8 })
const signer = fc.constantFrom('anthropic', 'bedrock', 'google', 'openai')
const proof = fc.constantFrom('c2lnbmVk', 'QUJD')

/** The value without the members that are undefined. */
function without<To>(value: object): To {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as To
}

const text: fc.Arbitrary<ChatPart> = fc
  .record({ text: word, cacheMark })
  .map(({ text: said, cacheMark: mark }) => without<ChatPart>({ type: 'text', text: said, cacheMark: mark }))

const media: fc.Arbitrary<ChatPart> = fc.oneof(
  fc
    .record({
      url: fc.constantFrom(png, 'https://example.com/a.png', 'gs://bucket/a.png'),
      detail: sometimes(fc.constantFrom('low', 'high')),
    })
    .map((image) =>
      without<ChatPart>({
        type: 'image',
        mediaType: image.url.startsWith('data:') ? undefined : 'image/png',
        ...image,
      }),
    ),
  fc.constant<ChatPart>({ type: 'image', fileId: 'file-1', mediaType: 'image/png' }),
  fc.constant<ChatPart>({ type: 'audio', url: wav }),
  fc
    .record({ filename: sometimes(fc.constant('a.pdf')) })
    .map((file) => without<ChatPart>({ type: 'file', url: pdf, ...file })),
  fc.constant<ChatPart>({ type: 'file', fileId: 'file-2', mediaType: 'application/pdf' }),
)

/** A thing that only this vendor knows. Its kind is a member of the thing, or the name of its only member. */
function ownForm(vendor: string, kind: string): Readonly<Record<string, unknown>> {
  return vendor === 'bedrock' || vendor === 'google' ? { [kind]: {} } : { type: kind }
}

const foreign: fc.Arbitrary<ChatPart> = fc
  .record({ vendor: signer, required: fc.boolean() })
  .map(({ vendor, required }) =>
    without<ChatPart>({
      type: 'opaque',
      vendor,
      kind: 'thing',
      data: ownForm(vendor, 'thing'),
      required: required ? (true as const) : undefined,
    }),
  )

function sometimes<Value>(value: fc.Arbitrary<Value>, freq = 3): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined, freq })
}

const asked: fc.Arbitrary<ChatMessage> = fc
  .record({
    content: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: text },
        { weight: 2, arbitrary: media },
        { weight: 1, arbitrary: foreign },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    name: sometimes(fc.constant('ann'), 8),
  })
  .map((message) => without<ChatMessage>({ role: 'user', ...message }))

const thought: fc.Arbitrary<ChatPart> = fc.oneof(
  fc
    .record({ text: word, signature: proof, signedBy: signer })
    .map((part): ChatPart => ({ type: 'reasoning', ...part })),
  fc
    .record({ encrypted: proof, signedBy: signer })
    .map((part): ChatPart => ({ type: 'reasoning', text: '', ...part })),
  fc.record({ text: word }).map((part): ChatPart => ({ type: 'reasoning', ...part })),
)

const json = fc.constantFrom('{}', '{"at":1}', '{"text":"ünï","list":[1,{"a":null}],"big":1.5}')

interface Called {
  readonly name: string
  readonly arguments: string
  readonly custom?: true
  readonly signature?: string
  readonly signedBy?: string
}

const called: fc.Arbitrary<Called> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constantFrom('look', 'find'), arguments: json }) },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constant('look'),
      arguments: json,
      signature: proof,
      signedBy: fc.constant('google'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.constant('write'), arguments: word, custom: fc.constant(true as const) }),
  },
)

/** An answer of the model, and what its tools answer. Each call is answered once. */
const turn: fc.Arbitrary<readonly ChatMessage[]> = fc
  .record({
    thoughts: fc.array(thought, { maxLength: 2 }),
    texts: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: text },
        { weight: 1, arbitrary: fc.constant<ChatPart>({ type: 'refusal', text: 'No' }) },
      ),
      { maxLength: 2 },
    ),
    calls: fc.array(called, { maxLength: 3 }),
    results: fc.array(fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: media }), {
      minLength: 3,
      maxLength: 3,
    }),
    failed: fc.option(fc.constant(true as const), { nil: undefined, freq: 4 }),
    id: ids,
  })
  .map(({ thoughts, texts, calls, results, failed, id }) => {
    const parts = calls.map((call, index): ChatPart => ({ type: 'tool-call', id: `${id}_${index}`, ...call }))
    const said = [...thoughts, ...texts, ...parts]
    const content = said.length === 0 ? [{ type: 'text' as const, text: 'Yes' }] : said
    const answers = calls.map(
      (_, index): ChatMessage =>
        without<ChatMessage>({
          role: 'tool',
          toolCallId: `${id}_${index}`,
          content: [results[index] as ChatPart],
          toolFailed: index === 0 ? failed : undefined,
        }),
    )
    return [{ role: 'assistant' as const, content }, ...answers]
  })

/** Ids of calls are used once in a conversation. */
function withOwnIds(turns: readonly (readonly ChatMessage[])[]): readonly ChatMessage[] {
  return turns.flatMap((messages, index) =>
    messages.map((message) => ({
      ...message,
      ...(message.toolCallId === undefined ? {} : { toolCallId: `${message.toolCallId}_${index}` }),
      content: message.content.map((part) =>
        part.type === 'tool-call' ? { ...part, id: `${part.id}_${index}` } : part,
      ),
    })),
  )
}

const system: fc.Arbitrary<ChatMessage> = fc.record({
  role: fc.constantFrom('system' as const, 'developer' as const),
  content: fc.array(text, { minLength: 1, maxLength: 2 }),
})

const messages: fc.Arbitrary<readonly ChatMessage[]> = fc
  .record({
    head: fc.array(system, { maxLength: 2 }),
    turns: fc.array(fc.tuple(asked, turn), { maxLength: 3 }),
    middle: fc.option(system, { nil: undefined, freq: 5 }),
    last: asked,
  })
  .map(({ head, turns, middle, last }) => {
    const answered = withOwnIds(turns.map(([question, answer]) => [question, ...answer]))
    return [...head, ...answered, ...(middle === undefined ? [] : [middle]), last]
  })

const parameters = { type: 'object', properties: { at: { type: 'integer' } }, required: ['at'] }

const tools: fc.Arbitrary<readonly ChatTool[]> = fc
  .record({
    description: sometimes(fc.constant('Looks')),
    strict: sometimes(fc.boolean()),
    cacheMark,
    custom: fc.boolean(),
    own: fc.option(signer, { nil: undefined, freq: 6 }),
  })
  .map(({ description, strict, cacheMark: mark, custom, own }) => [
    without<ChatTool>({ type: 'function', name: 'look', description, parameters, strict }),
    without<ChatTool>({
      type: 'function',
      name: 'find',
      parameters: { type: 'object', properties: {} },
      cacheMark: mark,
    }),
    ...(custom ? [{ type: 'custom' as const, name: 'write' }] : []),
    ...(own === undefined
      ? []
      : [
          {
            type: 'opaque' as const,
            vendor: own,
            kind: 'search',
            data: ownForm(own, 'search'),
            required: true as const,
          },
        ]),
  ])

const settings = {
  maxOutputTokens: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined, freq: 8 }),
  choices: sometimes(fc.constantFrom(1, 2), 8),
  temperature: sometimes(fc.constantFrom(0, 0.5, 1, 1.7)),
  topP: sometimes(fc.constantFrom(0.1, 1)),
  topK: sometimes(fc.constantFrom(1, 40), 5),
  frequencyPenalty: sometimes(fc.constantFrom(-1, 0.5), 5),
  presencePenalty: sometimes(fc.constantFrom(-1, 0.5), 5),
  stop: sometimes(
    fc.uniqueArray(fc.constantFrom('END', 'STOP', '\n\n', 'a', 'b', 'c'), { minLength: 1, maxLength: 6 }),
    4,
  ),
  seed: sometimes(fc.integer({ min: 0, max: 1000 }), 4),
  parallelToolCalls: sometimes(fc.boolean(), 4),
  reasoningEffort: sometimes(fc.constantFrom('minimal', 'low', 'medium', 'high'), 5),
  reasoningTokens: sometimes(fc.constantFrom(0, 1024, 4096, 20_000), 6),
  endUser: sometimes(fc.constant('user-1'), 5),
}

const format = fc.constantFrom<Partial<ChatRequest>>(
  {},
  {},
  { responseFormat: 'json' },
  {
    responseSchema: {
      name: 'answer',
      schema: {
        type: 'object',
        properties: { at: { type: 'integer' } },
        required: ['at'],
        additionalProperties: false,
      },
      strict: true,
    },
  },
  {
    responseSchema: {
      name: 'answer',
      description: 'What to say',
      schema: { type: 'object', properties: {} },
      strict: false,
    },
  },
)

const choice = fc.constantFrom<ChatRequest['toolChoice']>(undefined, undefined, 'auto', 'none', 'required', {
  name: 'look',
})

/** Any conversation. */
export const requests: fc.Arbitrary<ChatRequest> = fc
  .record({ messages, tools: sometimes(tools, 2), toolChoice: choice, format, ...settings })
  .map(({ format: shape, toolChoice, tools: declared, ...rest }) =>
    without<ChatRequest>({
      model: 'm',
      ...rest,
      tools: declared,
      toolChoice: declared === undefined ? undefined : toolChoice,
      parallelToolCalls: declared === undefined ? undefined : rest.parallelToolCalls,
      ...shape,
    }),
  )
