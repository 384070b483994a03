/** Each conversation, and each answer, goes from every dialect to every other one. What is dropped is told by name. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../draws.ts'
import { answerOf, meaningOfAnswer } from './answer-meaning.ts'
import { piecesOf, replies, repliesWithMedia } from './answers.ts'
import { changedPieces, changedReplies, untoldBetween } from './between.ts'
import { dialectList } from './dialect-list.ts'
import { requests } from './requests.ts'

const lengths = fc.integer({ min: 1, max: 9 })

describe('between each two dialects', () => {
  it('a conversation goes there and back, and loses only what is told', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(untoldBetween(dialectList, request)).toEqual([])
      }),
      { numRuns: draws(60, 10_000) },
    )
  }, 900_000)

  it('an answer loses only what the formats lack', () => {
    fc.assert(
      fc.property(repliesWithMedia, (reply) => {
        expect(changedReplies(dialectList, reply)).toEqual([])
      }),
      { numRuns: draws(60, 2_000) },
    )
  }, 600_000)

  it('an answer in pieces does, too', () => {
    fc.assert(
      fc.property(replies, lengths, (reply, length) => {
        expect(meaningOfAnswer(answerOf(piecesOf(reply, length)), [])).toEqual(meaningOfAnswer(reply, []))
        expect(changedPieces(dialectList, reply, length)).toEqual([])
      }),
      { numRuns: draws(60, 2_000) },
    )
  }, 600_000)
})
