import { describe, expect, it } from 'vitest'
import { keepReply } from '../../../src/feedback/keep-reply.ts'
import { tensorReply } from './replies.ts'

describe('a kept reply', () => {
  it.each([
    ['an array', new Uint8Array(65_536).fill(7)],
    ["Node's Buffer, whose slice is a view", Buffer.alloc(65_536, 7)],
  ])('holds on to its own bytes, and not to those they came in: %s', (_, chunk) => {
    const reply = { kind: 'bytes', contentType: 'application/json', bytes: chunk.subarray(100, 200) } as const
    const kept = keepReply(reply)
    if (kept.reply.kind !== 'bytes') throw new Error('bytes stay bytes')
    expect([...kept.reply.bytes]).toEqual([...reply.bytes])
    expect(kept.reply.bytes.buffer.byteLength).toBe(100)
    expect(kept.bytes).toBeGreaterThanOrEqual(100)
  })

  it('is kept as it is when the buffer is all its own', () => {
    const reply = { kind: 'bytes', contentType: 'application/json', bytes: new Uint8Array(100) } as const
    expect(keepReply(reply).reply).toBe(reply)
  })

  it('of tensors is about as large as its numbers and texts', () => {
    const { bytes } = keepReply(tensorReply(['scores', ...Array.from({ length: 1000 }, () => 0.5)]))
    expect(bytes).toBeGreaterThanOrEqual(8000)
    const texts = { name: 'text', datatype: 'BYTES', shape: [1], data: ['x'.repeat(5000)] }
    expect(keepReply({ kind: 'tensors', outputs: [texts] }).bytes).toBeGreaterThanOrEqual(10_000)
  })
})
