/** What an answer means, in a form in which two dialects can be compared, whole or in pieces. */

import type { ChatEvent, ChatPart, ChatReply } from 'modelspine/adapter'
import type { PairedDialect } from './dialect-list.ts'

type Said = Readonly<Record<string, unknown>>

/** What of the answer the dialects can say between them. Ids of calls are made where a format has none. */
export function meaningOfAnswer(
  { choices, usage }: Pick<ChatReply, 'choices' | 'usage'>,
  dialects: readonly PairedDialect[],
): unknown {
  const lacks = (name: string): boolean => dialects.some(({ answersLack }) => answersLack.has(name))
  return {
    // Where one choice has a place, it is the first.
    choices: (lacks('choices') ? choices.slice(0, 1) : choices).map(
      ({ content, finishReason, stopSequence }) => ({
        says: joined(content.flatMap((part) => saidBy(part, lacks))),
        // An end without a known reason is told as a usual one.
        finishReason: finishReason === 'other' && lacks('finishReason.other') ? 'stop' : finishReason,
        ...(stopSequence === undefined || lacks('stopSequence') ? {} : { stopSequence }),
      }),
    ),
    usage: Object.fromEntries(
      Object.entries(lacks('usage.cacheWriteTokens') ? withoutWrites(usage) : usage).filter(
        // Some formats must name each class, so that none and unknown are the same there.
        ([name, count]) => Boolean(count) && !lacks(`usage.${name}`),
      ),
    ),
  }
}

/** Where written tokens are no class of their own, they are input like any other. */
function withoutWrites({ inputTokens, cacheWriteTokens, ...others }: ChatReply['usage']): ChatReply['usage'] {
  return { ...others, inputTokens: (inputTokens ?? 0) + (cacheWriteTokens ?? 0) }
}

function saidBy(part: ChatPart, lacks: (name: string) => boolean): readonly Said[] {
  // Where nothing says that a text is a refusal, it is a text.
  if (part.type === 'refusal' && lacks(part.type)) return saidBy({ type: 'text', text: part.text }, lacks)
  if (lacks(part.type)) return []
  const { options: _, ...says } = part
  const known = Object.entries(says).filter(
    ([name, value]) => value !== undefined && !lacks(`${part.type}.${name}`) && name !== 'id',
  )
  const proven = 'signature' in part || 'encrypted' in part
  const members = known.filter(
    ([name]) => name !== 'signedBy' || (proven && !lacks(`${part.type}.signature`)),
  )
  const meaning: Record<string, unknown> = Object.fromEntries(members)
  if (part.type === 'tool-call' && part.custom !== true)
    meaning.arguments = JSON.parse(part.arguments || '{}')
  // The bytes say their type themselves.
  if ('url' in part && part.url?.startsWith('data:') === true) delete meaning.mediaType
  if ('text' in part && part.text === '' && Object.keys(meaning).length === 2) return []
  return [meaning]
}

const ranks: Readonly<Record<string, number>> = { reasoning: 0, refusal: 2, opaque: 3, 'tool-call': 4 }

/** Thoughts, texts, calls. Texts that follow each other are one, and so are thoughts without a proof. */
function joined(parts: readonly Said[]): readonly Said[] {
  const sorted = parts.toSorted(
    (one, other) => (ranks[String(one.type)] ?? 1) - (ranks[String(other.type)] ?? 1),
  )
  const result: Record<string, unknown>[] = []
  for (const part of sorted) {
    const last = result.at(-1)
    const isPlain = (says: Said): boolean => says.signature === undefined && says.encrypted === undefined
    const joins =
      last !== undefined &&
      last.type === part.type &&
      'text' in part &&
      (part.type !== 'reasoning' || (isPlain(last) && isPlain(part)))
    if (joins) result[result.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
    else result.push({ ...part })
  }
  return result
}

/** The answer that the pieces make. */
export function answerOf(events: readonly ChatEvent[]): Pick<ChatReply, 'choices' | 'usage'> {
  const choices = new Map<number, { blocks: Map<number, Record<string, unknown>>; finish?: Said }>()
  let usage: ChatReply['usage'] = {}
  for (const part of events.flatMap(({ parts }) => parts)) {
    if (part.type === 'usage') {
      usage = part.usage
      continue
    }
    const choice = choices.get(part.choice) ?? { blocks: new Map<number, Record<string, unknown>>() }
    choices.set(part.choice, choice)
    const { type, choice: _, ...said } = part
    if (type === 'finish') {
      choice.finish = said
      continue
    }
    const { block, ...delta } = said as unknown as Said & { readonly block: number }
    const before = choice.blocks.get(block) ?? { type: type.slice(0, -'-delta'.length) }
    choice.blocks.set(block, added(before, delta))
  }
  const inOrder = [...choices].toSorted(([one], [other]) => one - other)
  return {
    choices: inOrder.map(([, { blocks, finish }]) => ({
      ...(finish as unknown as ChatReply['choices'][number]),
      content: [...blocks.values()] as unknown as readonly ChatPart[],
    })),
    usage,
  }
}

const texts: ReadonlySet<string> = new Set(['text', 'arguments'])

function added(before: Said, delta: Said): Record<string, unknown> {
  const after: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(delta)) {
    if (value === undefined) continue
    after[name] = texts.has(name) ? `${after[name] ?? ''}${value}` : value
  }
  return after
}
