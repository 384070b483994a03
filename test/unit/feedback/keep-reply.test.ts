import { describe, expect, it } from 'vitest'
import { keepReply } from '../../../src/feedback/keep-reply.ts'

describe('a reply that is kept', () => {
  it.each([
    ['an array', new Uint8Array(65_536)],
    ['a Buffer, whose slices are views', Buffer.alloc(65_536)],
  ])('does not hold the larger buffer it is a view of: %s', (_what, buffer) => {
    const { reply, bytes } = keepReply({
      kind: 'bytes',
      contentType: 'application/json',
      bytes: buffer.subarray(10, 110),
    })
    if (reply.kind !== 'bytes') throw new Error('bytes were given')
    expect(reply.bytes.buffer.byteLength).toBe(100)
    expect(bytes).toBe(300)
  })
})
