import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KeptBytes, keepReply, restoreReply } from '../../../src/feedback/keep-reply.ts'
import type { InferReply } from '../../../src/provider/contract.ts'

const long = 'x'.repeat(50_000)
const numbers = Array.from({ length: 12_500 }, (_, place) => place)

function tensors(more: Partial<Tensors>, output: Partial<Tensors['outputs'][number]> = {}): InferReply {
  return {
    kind: 'tensors',
    outputs: [{ name: 'a', datatype: 'FP32', shape: [1], data: [1], ...output }],
    ...more,
  }
}

type Tensors = Extract<InferReply, { kind: 'tensors' }>

function kept64(reply: InferReply): KeptBytes {
  const kept = keepReply(reply, 64 << 20)
  if (kept === undefined) throw new Error('it is not kept')
  return kept
}

describe('a reply that is kept', () => {
  it('keeps a member with the name of the prototype as a member', () => {
    const parameters = JSON.parse('{"__proto__":{"polluted":true},"why":"x"}') as Record<string, unknown>
    const restored = restoreReply(kept64(tensors({ parameters })).reply)
    const kept = (restored as Tensors).parameters ?? {}
    expect(Object.keys(kept)).toEqual(['__proto__', 'why'])
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
    expect((kept as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('comes back byte for byte, even when its buffer was overwritten', () => {
    const buffers = [(size: number) => new Uint8Array(size), (size: number) => Buffer.alloc(size)]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...buffers), (content, make) => {
        const buffer = make(65_536)
        buffer.set(content, 10)
        const bytes = buffer.subarray(10, 10 + content.length)
        const reply = { kind: 'bytes', contentType: 'text/x', bytes, headers: { a: 'b' } } as const
        const kept = kept64(reply)
        buffer.fill(0)
        const restored = restoreReply(kept.reply)
        expect(restored).toMatchObject({
          kind: 'bytes',
          contentType: 'text/x',
          headers: { a: 'b' },
        })
        expect(restored.kind === 'bytes' && [...restored.bytes]).toEqual([...content])
        expect(kept.bytes - content.length).toBeGreaterThan(200)
        expect(kept.bytes - content.length).toBeLessThan(400)
      }),
    )
  })

  it('is a copy of tensors, because the caller may change its own', () => {
    const data = [1, 2]
    const parameters = { why: { words: ['a'], 'n-grams': new Float32Array([1, 2]) } }
    const outputs = [{ name: 'label', datatype: 'INT64', shape: [2], data, parameters }]
    const reply: InferReply = { kind: 'tensors', id: '1', outputs }
    const before = structuredClone(reply)
    const kept = kept64(reply)
    expect(restoreReply(kept.reply)).toEqual(before)
    data[0] = 9
    parameters.why.words.push('b')
    parameters.why['n-grams'][0] = 9
    expect(restoreReply(kept.reply)).toEqual(before)
  })

  it.each<[string, InferReply]>([
    ['parameters of the reply', tensors({ parameters: { explanation: numbers } })],
    ['an object in the data', tensors({}, { data: [{ text: long }] })],
    ['nested data', tensors({}, { data: [numbers] })],
    ['bytes in the data', tensors({}, { data: [new Uint8Array(100_000)] })],
    ['the name of an output', tensors({}, { name: long })],
    ['the shape of an output', tensors({}, { shape: numbers })],
    ['the id', tensors({ id: long })],
    ['the model', tensors({ model: long })],
    [
      'many outputs',
      {
        kind: 'tensors',
        outputs: numbers.map((each) => ({ name: `${each}`, datatype: 'FP32', shape: [1], data: [each] })),
      },
    ],
    ['the name of a member', tensors({ parameters: { [long]: 1 } })],
    ['headers', { kind: 'bytes', contentType: 'a', bytes: new Uint8Array(1), headers: { a: long } }],
    ['the content type', { kind: 'bytes', contentType: long, bytes: new Uint8Array(1) }],
  ])('counts %s, and is not kept when that is too much', (_, reply) => {
    expect(kept64(reply).bytes).toBeGreaterThan(80_000)
    expect(keepReply(reply, 80_000)).toBeUndefined()
  })

  it('is not kept when it contains itself', () => {
    const parameters: Record<string, unknown> = {}
    parameters.self = parameters
    expect(keepReply(tensors({ parameters }), 64 << 20)).toBeUndefined()
  })
})
