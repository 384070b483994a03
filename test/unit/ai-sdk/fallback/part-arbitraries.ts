import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from '@ai-sdk/provider'
import fc from 'fast-check'

const text = fc.string({ maxLength: 6 })
const id = fc.constantFrom('1', '2')
const metadata: fc.Arbitrary<Record<string, { key: string }> | undefined> = fc.option(
  fc.dictionary(fc.constantFrom('openai', 'x'), fc.record({ key: text }), { noNullPrototype: true }),
  {
    nil: undefined,
  },
)
const own = { providerMetadata: metadata }
const count = fc.option(fc.nat(99), { nil: undefined })

const usage: fc.Arbitrary<LanguageModelV4Usage> = fc.record({
  inputTokens: fc.record({ total: count, noCache: count, cacheRead: count, cacheWrite: count }),
  outputTokens: fc.record({ total: count, text: count, reasoning: count }),
})
const warning: fc.Arbitrary<SharedV4Warning> = fc.record({ type: fc.constant('other'), message: text })
const reason = (...unified: LanguageModelV4FinishReason['unified'][]) =>
  fc.record({ unified: fc.constantFrom(...unified), raw: fc.option(text, { nil: undefined }) })

/** What a reply and a stream can hold alike. */
const content = [
  fc.record({ type: fc.constant('source'), sourceType: fc.constant('url'), id: text, url: text, ...own }),
  fc.record({
    type: fc.constant('file'),
    mediaType: text,
    data: fc.record({ type: fc.constant('data'), data: fc.uint8Array() }),
    ...own,
  }),
  fc.record({
    type: fc.constant('reasoning-file'),
    mediaType: text,
    data: fc.record({ type: fc.constant('url'), url: fc.webUrl() }),
    ...own,
  }),
  fc.record({
    type: fc.constant('tool-call'),
    toolCallId: id,
    toolName: text,
    input: text,
    providerExecuted: fc.boolean(),
    ...own,
  }),
  fc.record({
    type: fc.constant('tool-result'),
    toolCallId: id,
    toolName: text,
    result: fc.jsonValue(),
    isError: fc.boolean(),
    ...own,
  }),
  fc.record({ type: fc.constant('tool-approval-request'), approvalId: id, toolCallId: id, ...own }),
  fc.record({ type: fc.constant('custom'), kind: fc.constant('a.b'), ...own }),
]

const blocks = ['text', 'reasoning', 'tool-input'].flatMap((block) => [
  fc.record({
    type: fc.constant(`${block}-start`),
    id,
    ...own,
    ...(block === 'tool-input' && { toolName: text }),
  }),
  fc.record({ type: fc.constant(`${block}-delta`), id, delta: text, ...own }),
  fc.record({ type: fc.constant(`${block}-end`), id, ...own }),
])

const part = fc.oneof(
  ...content,
  ...blocks,
  fc.record({ type: fc.constant('response-metadata'), id: text, modelId: text, timestamp: fc.date() }),
  fc.record({ type: fc.constant('raw'), rawValue: fc.anything() }),
  fc.record({ type: fc.constant('ping') }),
) as fc.Arbitrary<LanguageModelV4StreamPart>

/** The type of every part that a stream can have. The compiler knows when the AI SDK has another one. */
export const partTypes: Readonly<Record<LanguageModelV4StreamPart['type'], true>> = {
  'text-start': true,
  'text-delta': true,
  'text-end': true,
  'reasoning-start': true,
  'reasoning-delta': true,
  'reasoning-end': true,
  'tool-input-start': true,
  'tool-input-delta': true,
  'tool-input-end': true,
  'tool-approval-request': true,
  'tool-call': true,
  'tool-result': true,
  custom: true,
  file: true,
  'reasoning-file': true,
  source: true,
  'stream-start': true,
  'response-metadata': true,
  finish: true,
  ping: true,
  raw: true,
  error: true,
}

/** A whole stream of a healthy model: parts of every type, in any order. Errors are not among them. */
export const healthyStream: fc.Arbitrary<LanguageModelV4StreamPart[]> = fc
  .tuple(
    fc.record({ type: fc.constant('stream-start' as const), warnings: fc.array(warning, { maxLength: 2 }) }),
    fc.array(part, { maxLength: 14 }),
    fc.record({
      type: fc.constant('finish' as const),
      usage,
      finishReason: reason('stop', 'length', 'content-filter', 'tool-calls', 'other'),
      ...own,
    }) as fc.Arbitrary<LanguageModelV4StreamPart>,
  )
  .map(([first, parts, last]) => [first, ...parts, last])

/** The content of a whole reply. */
export const healthyContent = fc.array(
  fc.oneof(
    ...content,
    fc.record({ type: fc.constant('text'), text, ...own }),
    fc.record({ type: fc.constant('reasoning'), text, ...own }),
  ),
  { maxLength: 8 },
) as unknown as fc.Arbitrary<LanguageModelV4Content[]>

export const healthyUsage: fc.Arbitrary<LanguageModelV4Usage> = usage
export const healthyReason: fc.Arbitrary<LanguageModelV4FinishReason> = reason(
  'stop',
  'length',
  'tool-calls',
  'other',
)
export const healthyMetadata: fc.Arbitrary<Record<string, { key: string }> | undefined> = metadata
export const healthyWarnings: fc.Arbitrary<SharedV4Warning[]> = fc.array(warning, { maxLength: 2 })
