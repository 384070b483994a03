/** Each conversation goes from every dialect to every other one. What is dropped on the way is told by name. */

import fc from 'fast-check'
import { type ChatRequest, ListingCarriage } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../draws.ts'
import { dialectList, type PairedDialect } from './dialect-list.ts'
import { untold } from './meaning.ts'
import { requests } from './requests.ts'

/** A request as a server of the dialect, or a gateway before it, reads it, and what is told of the way there. */
function sentTo(dialect: PairedDialect, request: ChatRequest, how: 'print' | 'write' = 'print') {
  const carriage = new ListingCarriage(dialect.codec.title)
  const { native: _, ...read } = dialect.parse(dialect[how](request, carriage))
  return { read: read as ChatRequest, carriage }
}

/** What is lost or gained between each two dialects without being told, on the way there and back. */
function untoldBetweenAll(request: ChatRequest): readonly string[] {
  const problems: string[] = []
  const note = (way: string, found: readonly string[]): void => {
    problems.push(...found.map((each) => `${way}: ${each}`))
  }
  for (const from of dialectList) {
    const first = sentTo(from, request, 'write')
    note(from.name, untold(request, first.read, first.carriage))
    for (const to of dialectList) {
      const there = sentTo(to, first.read)
      note(`${from.name} → ${to.name}`, untold(first.read, there.read, there.carriage))
      const back = sentTo(from, there.read, 'write')
      note(`${to.name} → ${from.name}, back`, untold(there.read, back.read, back.carriage))
    }
  }
  return problems
}

describe('a conversation', () => {
  it('goes from each dialect to each other one and back, and loses only what is told', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(untoldBetweenAll(request)).toEqual([])
      }),
      { numRuns: draws(100, 10_000) },
    )
  }, 600_000)
})
