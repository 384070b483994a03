/** Ways from one dialect to another, and what goes wrong on them. */

import { isDeepStrictEqual } from 'node:util'
import { type ChatEvent, type ChatReply, type ChatRequest, ListingCarriage } from 'modelspine/adapter'
import { answerOf, meaningOfAnswer } from './answer-meaning.ts'
import { piecesOf } from './answers.ts'
import { heldError, type PairedDialect } from './dialect-list.ts'
import { untold } from './meaning.ts'

/** A request as a server of the dialect, or a gateway before it, reads it, and what is told of the way there. */
interface Sent {
  /** Undefined when so much is told as lost that nothing is left to say. */
  readonly read: ChatRequest | undefined
  readonly carriage: ListingCarriage
}

function sentTo(dialect: PairedDialect, request: ChatRequest, how: 'print' | 'write' = 'print'): Sent {
  const carriage = new ListingCarriage(dialect.codec.title)
  const text = dialect[how](request, carriage)
  try {
    const { native: _, ...read } = dialect.parse(text)
    return { read: read as ChatRequest, carriage }
  } catch (error) {
    if (carriage.refused.length + carriage.approximated.length === 0) throw error
    return { read: undefined, carriage }
  }
}

/** What is lost or gained between each two dialects without being told, on the way there and back. */
export function untoldBetween(dialects: readonly PairedDialect[], request: ChatRequest): readonly string[] {
  const problems: string[] = []
  const go = (
    way: string,
    dialect: PairedDialect,
    said: ChatRequest,
    how?: 'write',
  ): ChatRequest | undefined => {
    const { read, carriage } = sentTo(dialect, said, how)
    if (read !== undefined) problems.push(...untold(said, read, carriage).map((each) => `${way}: ${each}`))
    return read
  }
  for (const from of dialects) {
    const first = go(from.name, from, request, 'write')
    if (first === undefined) continue
    for (const to of dialects) {
      const there = go(`${from.name} → ${to.name}`, to, first)
      if (there !== undefined) go(`${to.name} → ${from.name}, back`, from, there, 'write')
    }
  }
  return problems
}

const facts = { id: 'answer-1', model: 'm', createdMs: 0, includeUsage: true }
const asked: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

type Answer = Pick<ChatReply, 'choices' | 'usage'>

/** The answers of each way that mean something else than the reply, as far as the dialects of the way can say it. */
function changedBetween<Form>(
  dialects: readonly PairedDialect[],
  reply: ChatReply,
  form: Form,
  through: (dialect: PairedDialect, form: Form) => Form,
  answer: (form: Form) => Answer,
): readonly string[] {
  const problems: string[] = []
  const compare = (way: readonly PairedDialect[], got: Form): void => {
    const [said, meant] = [meaningOfAnswer(answer(got), way), meaningOfAnswer(reply, way)]
    if (isDeepStrictEqual(said, meant)) return
    const names = way.map(({ name }) => name).join(' → ')
    problems.push(`${names}: ${JSON.stringify(meant)} became ${JSON.stringify(said)}`)
  }
  for (const from of dialects) {
    const first = through(from, form)
    compare([from], first)
    for (const to of dialects) compare([from, to], through(to, first))
  }
  return problems
}

export function changedReplies(dialects: readonly PairedDialect[], reply: ChatReply): readonly string[] {
  const through = ({ codec }: PairedDialect, said: ChatReply): ChatReply => {
    const { native: _, ...read } = codec.parseReply(codec.printReply(said, facts), heldError)
    return read
  }
  return changedBetween(dialects, reply, reply, through, (said) => said)
}

/** The same in pieces of at most so many characters. */
export function changedPieces(
  dialects: readonly PairedDialect[],
  reply: ChatReply,
  length: number,
): readonly string[] {
  return changedBetween(dialects, reply, piecesOf(reply, length), streamed, answerOf)
}

/** The events as a client of the dialect reads them, without their native form, so that each is written anew. */
function streamed({ codec, frames }: PairedDialect, events: readonly ChatEvent[]): readonly ChatEvent[] {
  const writer = codec.writer(facts)
  const reader = codec.reader(asked, heldError)
  const read: ChatEvent[] = []
  const keep = ({ parts }: ChatEvent): void => void read.push({ parts })
  for (const { event, data } of frames(writer.write(events) + writer.end())) {
    if (reader.isEnd(event, data)) {
      reader.end('marked').forEach(keep)
      return read
    }
    const said = reader.read(event, data)
    if (said !== undefined) keep(said)
  }
  reader.end('whole').forEach(keep)
  return read
}
