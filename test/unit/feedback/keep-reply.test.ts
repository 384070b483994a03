import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepReply, restoreReply } from '../../../src/feedback/keep-reply.ts'

describe('a reply that is kept', () => {
  it('comes back byte for byte, even when its buffer was overwritten', () => {
    const buffers = [(size: number) => new Uint8Array(size), (size: number) => Buffer.alloc(size)]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...buffers), (content, make) => {
        const buffer = make(65_536)
        buffer.set(content, 10)
        const bytes = buffer.subarray(10, 10 + content.length)
        const kept = keepReply({ kind: 'bytes', contentType: 'application/json', bytes, headers: { a: 'b' } })
        buffer.fill(0)
        const restored = restoreReply(kept.reply)
        expect(restored).toMatchObject({
          kind: 'bytes',
          contentType: 'application/json',
          headers: { a: 'b' },
        })
        expect(restored.kind === 'bytes' && [...restored.bytes]).toEqual([...content])
        expect(kept.bytes).toBe(200 + content.length)
      }),
    )
  })

  it('is the reply itself when it came as tensors', () => {
    const reply = { kind: 'tensors', outputs: [] } as const
    expect(restoreReply(keepReply(reply).reply)).toBe(reply)
  })
})
