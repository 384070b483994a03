import { describe, expect, it } from 'vitest'
import type { ChatStreamWriter } from '../../../../src/dialects/chat-codec.ts'
import { ChatPieces } from '../../../../src/gateway/chats/chat-pieces.ts'
import type { ChatEvent } from '../../../../src/provider/contract.ts'

const batch: readonly ChatEvent[] = []

/** Writes these texts, one for each batch. */
function writerOf(texts: readonly string[]): ChatStreamWriter {
  const left = [...texts]
  return { write: () => left.shift() ?? '', end: () => 'end' }
}

async function* batches(count: number): AsyncGenerator<readonly ChatEvent[]> {
  for (let given = 0; given < count; given += 1) yield batch
}

async function piecesOf(texts: readonly string[]): Promise<readonly string[]> {
  const pieces: string[] = []
  const facts = { status: 500, code: 'internal', message: 'x' } as never
  for await (const piece of new ChatPieces(batches(texts.length), writerOf(texts), () => facts)) {
    pieces.push(piece)
  }
  return pieces
}

describe('the pieces of a streamed chat', () => {
  it('are never empty, wherever the events are that the caller does not see', async () => {
    expect(await piecesOf(['a', 'b'])).toEqual(['a', 'b', 'end'])
    expect(await piecesOf(['', 'a', '', '', 'b', ''])).toEqual(['a', 'b', 'end'])
    expect(await piecesOf(['', ''])).toEqual(['end'])
    expect(await piecesOf([])).toEqual(['end'])
  })
})
