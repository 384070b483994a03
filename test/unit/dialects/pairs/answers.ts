/** Answers of models, whole and in pieces. */

import fc from 'fast-check'
import type { ChatChoice, ChatDelta, ChatEvent, ChatPart, ChatReply, Usage } from 'modelspine/adapter'

const word = fc.constantFrom('Yes', ' and ', 'ünï 漢字 🐟', '"quoted" \\ \n', '{"json":1}')
const proof = fc.constantFrom('c2lnbmVk', 'QUJD')
const signer = fc.constantFrom('anthropic', 'bedrock', 'google', 'openai')

const thought: fc.Arbitrary<ChatPart> = fc.oneof(
  fc
    .record({ text: word, signature: proof, signedBy: signer })
    .map((part): ChatPart => ({ type: 'reasoning', ...part })),
  fc
    .record({ encrypted: proof, signedBy: signer })
    .map((part): ChatPart => ({ type: 'reasoning', text: '', ...part })),
  word.map((text): ChatPart => ({ type: 'reasoning', text })),
)

const said: fc.Arbitrary<ChatPart> = fc.oneof(
  { weight: 5, arbitrary: word.map((text): ChatPart => ({ type: 'text', text })) },
  { weight: 1, arbitrary: fc.constant<ChatPart>({ type: 'refusal', text: 'No' }) },
  {
    weight: 1,
    arbitrary: signer.map(
      (vendor): ChatPart => ({ type: 'opaque', vendor, kind: 'thing', data: { type: 'thing' } }),
    ),
  },
)

/** What some models make. OpenAI's answers do not say the form of their audio, so it is not drawn. */
const media: fc.Arbitrary<ChatPart> = fc.constantFrom<ChatPart>(
  { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' },
  { type: 'file', url: 'data:application/pdf;base64,JVBERi0xLjQK' },
)

/** The last text may carry a proof of the thoughts before it. */
const signed = fc.option(
  proof.map((signature): ChatPart => ({ type: 'text', text: 'Yes', signature, signedBy: 'google' })),
  { nil: undefined, freq: 5 },
)

const json = fc.constantFrom('{}', '{"at":1}', '{"text":"ünï","list":[1,{"a":null}],"big":1.5}')

const call: fc.Arbitrary<ChatPart> = fc
  .record({
    name: fc.constantFrom('look', 'find'),
    arguments: json,
    signature: fc.option(proof, { nil: undefined, freq: 4 }),
  })
  .map(
    ({ signature, ...rest }): ChatPart => ({
      type: 'tool-call',
      id: '',
      ...rest,
      ...(signature === undefined ? {} : { signature, signedBy: 'google' }),
    }),
  )

const some = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined, freq: 3 })

/** Classes that do not overlap, and parts of them that are no larger than the whole. */
const usage: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: fc.integer({ min: 0, max: 100_000 }),
    outputTokens: fc.integer({ min: 1000, max: 100_000 }),
    cacheReadTokens: some,
    cacheWriteTokens: some,
    longCacheWriteTokens: fc.boolean(),
    reasoningTokens: some,
    audioInputTokens: some,
    audioOutputTokens: some,
    imageInputTokens: some,
    imageOutputTokens: some,
    units: fc.option(fc.constant({ searches: 2, fetches: 1 }), { nil: undefined, freq: 4 }),
  })
  .map(({ longCacheWriteTokens: isLong, ...counts }) => {
    const long = isLong && counts.cacheWriteTokens !== undefined ? { longCacheWriteTokens: 1 } : {}
    return Object.fromEntries(
      Object.entries({ ...counts, ...long }).filter(([, count]) => count !== undefined),
    )
  })

const choice: fc.Arbitrary<ChatChoice> = fc
  .record({
    thoughts: fc.array(thought, { maxLength: 2 }),
    texts: fc.array(said, { maxLength: 2 }),
    last: signed,
    made: fc.option(media, { nil: undefined, freq: 8 }),
    calls: fc.array(call, { maxLength: 2 }),
    ending: fc.constantFrom('stop' as const, 'length' as const, 'content-filter' as const, 'other' as const),
    stopSequence: fc.option(fc.constant('END'), { nil: undefined, freq: 4 }),
  })
  .map(({ thoughts, texts, last, made, calls, ending, stopSequence }) => {
    const numbered = calls.map((part, index) => ({ ...part, id: `call_${index}` }) as ChatPart)
    // A model says why it refuses at the end, and OpenAI's format has a refusal behind all texts.
    const inTurn = [...texts, ...(last === undefined ? [] : [last])].toSorted(
      (one, other) => Number(one.type === 'refusal') - Number(other.type === 'refusal'),
    )
    const parts = [...thoughts, ...inTurn, ...(made === undefined ? [] : [made]), ...numbered]
    const content: readonly ChatPart[] = parts.length === 0 ? [{ type: 'text', text: 'Yes' }] : parts
    const finishReason = calls.length > 0 ? 'tool-calls' : ending
    const ended = finishReason === 'stop' && stopSequence !== undefined ? { stopSequence } : {}
    return { content, finishReason, ...ended }
  })

/** Any answer. Few requests ask for several choices. */
export const repliesWithMedia: fc.Arbitrary<ChatReply> = fc
  .record({
    first: choice,
    second: fc.option(choice, { nil: undefined, freq: 4 }),
    usage,
  })
  .map(({ first, second, usage: counts }) => {
    const choices = second === undefined ? [first] : [first, second]
    return { id: 'answer-1', model: 'm', choices, usage: counts }
  })

function withoutMedia(reply: ChatReply): ChatReply {
  const isMedia = ({ type }: ChatPart): boolean => type === 'image' || type === 'audio' || type === 'file'
  const choices = reply.choices.map((choice) => {
    const content = choice.content.filter((part) => !isMedia(part))
    return { ...choice, content: content.length === 0 ? [{ type: 'text' as const, text: 'Yes' }] : content }
  })
  return { ...reply, choices }
}

/** Any answer that may be streamed. Streams have no pieces of images and files. */
export const replies: fc.Arbitrary<ChatReply> = repliesWithMedia.map(withoutMedia)

/** The same answer in pieces of at most so many characters. Several choices come by turns. */
export function piecesOf({ choices, usage: counts }: ChatReply, length: number): readonly ChatEvent[] {
  const lists = choices.map((said, choice) => eventsOf(said, choice, length))
  const longest = Math.max(...lists.map((list) => list.length))
  const events = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? []))
  return [...events.flat(), { parts: [{ type: 'usage', usage: counts }] }]
}

function eventsOf(
  { content, finishReason, stopSequence }: ChatChoice,
  choice: number,
  length: number,
): readonly ChatEvent[] {
  const pieces = content.flatMap((part, block) =>
    deltasOf(part, length).map((delta): ChatEvent => ({ parts: [{ ...delta, choice, block }] })),
  )
  const ended = stopSequence === undefined ? {} : { stopSequence }
  return [...pieces, { parts: [{ type: 'finish', choice, finishReason, ...ended }] }]
}

function deltasOf(part: ChatPart, length: number): readonly ChatDelta[] {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { type, text, cacheMark: _, options: __, ...proven } = part
      const kind = type === 'text' ? ('text-delta' as const) : ('reasoning-delta' as const)
      const pieces = cut(text, length).map((piece) => ({ type: kind, text: piece }))
      return Object.keys(proven).length === 0 ? pieces : [...pieces, { type: kind, text: '', ...proven }]
    }
    case 'refusal':
      return cut(part.text, length).map((text) => ({ type: 'refusal-delta', text }))
    case 'tool-call': {
      const { type: _, arguments: text, cacheMark: __, options: ___, ...head } = part
      return [
        { type: 'tool-call-delta', ...head, arguments: '' },
        ...cut(text, length).map((piece) => ({ type: 'tool-call-delta' as const, arguments: piece })),
      ]
    }
    case 'opaque':
      return [{ type: 'opaque-delta', vendor: part.vendor, kind: part.kind, data: part.data }]
    default:
      return []
  }
}

function cut(text: string, length: number): readonly string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length; from += length) pieces.push(text.slice(from, from + length))
  return pieces
}
