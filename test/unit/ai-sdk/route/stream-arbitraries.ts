import type { LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { finishReason, usage } from './route-world.ts'

type Part = LanguageModelV4StreamPart

const metadata = fc.option(
  fc.record({ vendor: fc.record({ mark: fc.oneof(fc.string(), fc.constant(null), fc.boolean()) }) }),
  { nil: undefined },
)

function marked<Value extends object>(value: Value, providerMetadata: object | undefined): Value {
  return providerMetadata === undefined ? value : { ...value, providerMetadata }
}

const source = fc.record({
  type: fc.constant('source' as const),
  sourceType: fc.constant('url' as const),
  id: fc.string(),
  url: fc.webUrl(),
})

const file = fc.record({
  type: fc.constantFrom('file' as const, 'reasoning-file' as const),
  mediaType: fc.constantFrom('image/png', 'audio/wav', 'application/pdf'),
  data: fc.oneof(
    fc.record({ type: fc.constant('data' as const), data: fc.oneof(fc.uint8Array(), fc.base64String()) }),
    fc.webUrl().map((url) => ({ type: 'url' as const, url: new URL(url) })),
  ),
})

const custom = fc.constant({ type: 'custom' as const, kind: 'vendor.block' as const })
const approval = fc.constant({ type: 'tool-approval-request' as const, approvalId: 'a', toolCallId: 't' })
const executed = fc.record({ input: fc.constant('{"q":1}'), result: fc.constantFrom('r', 3, { deep: [1] }) })

/** The parts of one block, in order. `id` differs from those of other blocks that may be open. */
function block(id: string): fc.Arbitrary<readonly Part[]> {
  const texts = (kind: 'text' | 'reasoning'): fc.Arbitrary<readonly Part[]> =>
    fc
      .tuple(fc.array(fc.string(), { maxLength: 4 }), metadata, metadata)
      .map(([deltas, start, end]) => [
        marked({ type: `${kind}-start`, id } as Part, start),
        ...deltas.map((delta) => ({ type: `${kind}-delta`, id, delta }) as Part),
        marked({ type: `${kind}-end`, id } as Part, end),
      ])
  const call = fc
    .tuple(fc.constantFrom('json', 'text', 'whole', 'empty', 'executed'), fc.string(), metadata)
    .map(([how, value, mark]): readonly Part[] => {
      const isExecuted = how === 'executed' ? { providerExecuted: true } : {}
      const input = how === 'empty' ? '{}' : JSON.stringify(how === 'text' ? value : { value })
      const whole = marked(
        { type: 'tool-call', toolCallId: id, toolName: 'look', input, ...isExecuted } as Part,
        mark,
      )
      if (how === 'whole') return [whole]
      const pieces = how === 'text' ? [value] : how === 'empty' ? [] : [input.slice(0, 3), input.slice(3)]
      return [
        {
          type: 'tool-input-start',
          id,
          toolName: 'look',
          ...isExecuted,
          ...(how === 'text' ? { inputEncoding: 'text' } : {}),
        },
        ...pieces.map((delta): Part => ({ type: 'tool-input-delta', id, delta })),
        { type: 'tool-input-end', id },
        whole,
      ]
    })
  const result = executed.map(({ input, result: value }): readonly Part[] => [
    { type: 'tool-call', toolCallId: id, toolName: 'search', input, providerExecuted: true },
    { type: 'tool-result', toolCallId: id, toolName: 'search', result: value },
  ])
  const single = fc
    .oneof(source, file, custom, approval)
    .chain((part) => metadata.map((mark): readonly Part[] => [marked(part as Part, mark)]))
  return fc.oneof(texts('text'), texts('reasoning'), call, result, single)
}

const between = fc.array(
  fc.oneof(
    fc.constant<Part>({ type: 'ping' }),
    fc.json().map((rawValue): Part => ({ type: 'raw', rawValue })),
  ),
  { maxLength: 6 },
)

/** Whole streams with parts of every type but `error`, whose blocks may be open at the same time. */
export const streams: fc.Arbitrary<readonly Part[]> = fc
  .tuple(
    fc.uniqueArray(fc.nat(9), { maxLength: 5 }).chain((ids) => fc.tuple(...ids.map((id) => block(`b${id}`)))),
    between,
    fc.infiniteStream(fc.nat(7)),
    fc.array(fc.constant({ type: 'unsupported' as const, feature: 'x' }), { maxLength: 2 }),
    metadata,
  )
  .map(([blocks, extras, picks, warnings, mark]) => {
    const queues = [...blocks.map((parts) => [...parts]), [...extras]].filter(({ length }) => length > 0)
    const mixed: Part[] = []
    while (queues.length > 0) {
      const at = (picks.next().value ?? 0) % queues.length
      const part = queues[at]?.shift()
      if (part !== undefined) mixed.push(part)
      if (queues[at]?.length === 0) queues.splice(at, 1)
    }
    return [
      { type: 'stream-start', warnings },
      { type: 'response-metadata', id: 'r', modelId: 'm-1', timestamp: new Date(0) },
      ...mixed,
      marked({ type: 'finish', usage, finishReason } as Part, mark),
    ]
  })

/** The contents of whole results. */
export const contents: fc.Arbitrary<readonly LanguageModelV4Content[]> = fc.array(
  fc
    .oneof(
      fc.record({ type: fc.constant('text' as const), text: fc.string() }),
      fc.record({ type: fc.constant('reasoning' as const), text: fc.string() }),
      fc.constantFrom(
        { type: 'tool-call' as const, toolCallId: 'c', toolName: 'look', input: '{"a":1}' },
        { type: 'tool-call' as const, toolCallId: 'd', toolName: 's', input: '{}', providerExecuted: true },
        { type: 'tool-result' as const, toolCallId: 'd', toolName: 's', result: { found: 1 } },
      ),
      source,
      file,
      custom,
      approval,
    )
    .chain((content) => metadata.map((mark) => marked(content, mark))),
  { maxLength: 5 },
)
