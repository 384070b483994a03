/** Each answer goes from every dialect to every other one, whole and in pieces. */

import fc from 'fast-check'
import type { ChatEvent, ChatReply, ChatRequest } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../draws.ts'
import { answerOf, meaningOfAnswer } from './answer-meaning.ts'
import { piecesOf, replies } from './answers.ts'
import { dialectList, heldError, type PairedDialect } from './dialect-list.ts'

const facts = { id: 'answer-1', model: 'm', createdMs: 0, includeUsage: true }
const asked: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
const runs = { numRuns: draws(100, 2_000) }

function whole({ codec }: PairedDialect, reply: ChatReply): ChatReply {
  return codec.parseReply(codec.printReply(reply, facts), heldError)
}

/** The events as a client of the dialect reads them. */
function streamed({ codec, frames }: PairedDialect, events: readonly ChatEvent[]): readonly ChatEvent[] {
  const writer = codec.writer(facts)
  const reader = codec.reader(asked, heldError)
  const read: ChatEvent[] = []
  for (const { event, data } of frames(writer.write(events) + writer.end())) {
    if (reader.isEnd(event, data)) return [...read, ...reader.end('marked')]
    const said = reader.read(event, data)
    if (said !== undefined) read.push(said)
  }
  return [...read, ...reader.end('whole')]
}

describe('an answer', () => {
  it('goes from each dialect to each other one, and loses only what the formats lack', () => {
    fc.assert(
      fc.property(replies, (reply) => {
        for (const from of dialectList) {
          const first = whole(from, reply)
          expect([from.name, meaningOfAnswer(first, [from])]).toEqual([
            from.name,
            meaningOfAnswer(reply, [from]),
          ])
          for (const to of dialectList) {
            const both = [from, to]
            const way = `${from.name} → ${to.name}`
            expect([way, meaningOfAnswer(whole(to, first), both)]).toEqual([
              way,
              meaningOfAnswer(reply, both),
            ])
          }
        }
      }),
      runs,
    )
  }, 600_000)

  it('goes so in pieces, too', () => {
    fc.assert(
      fc.property(replies, fc.integer({ min: 1, max: 9 }), (reply, length) => {
        const events = piecesOf(reply, length)
        expect(meaningOfAnswer(answerOf(events), [])).toEqual(meaningOfAnswer(reply, []))
        for (const from of dialectList) {
          // Without their native form, so that each event is written anew.
          const first = streamed(from, events).map(({ parts }) => ({ parts }))
          for (const to of dialectList) {
            const both = [from, to]
            const way = `${from.name} → ${to.name}`
            const read = answerOf(streamed(to, first))
            expect([way, meaningOfAnswer(read, both)]).toEqual([way, meaningOfAnswer(reply, both)])
          }
        }
      }),
      runs,
    )
  }, 600_000)
})
