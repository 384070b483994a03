import type { EmbeddingModelV4, EmbeddingModelV4CallOptions } from '@ai-sdk/provider'
import { embedMany } from 'ai'
import { MockEmbeddingModelV4 } from 'ai/test'
import { fallback } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { apiError, plain } from './scripted-model.ts'

const embedding = (more: Partial<EmbeddingModelV4> = {}): MockEmbeddingModelV4 =>
  new MockEmbeddingModelV4({
    doEmbed: async ({ values }: EmbeddingModelV4CallOptions) => ({
      embeddings: values.map((value) => [value.length]),
      usage: { tokens: values.length },
      warnings: [{ type: 'other', message: 'w' }],
      response: { headers: { 'x-a': '1' } },
      providerMetadata: { p: { q: 1 } },
    }),
    ...more,
  } as never)

const failing = (error: unknown) =>
  embedding({
    maxEmbeddingsPerCall: 5,
    doEmbed: async () => {
      throw error
    },
  })

globalThis.AI_SDK_LOG_WARNINGS = false

describe('embedding models', () => {
  it('give what the model gives, and who answered', async () => {
    const call = { values: ['a', 'bb'], dimensions: 3, providerOptions: { p: { q: 1 } } }
    const one = embedding()
    const reply = await fallback([failing(apiError(500)), one]).doEmbed(call)
    expect(plain(reply)).toEqual(await one.doEmbed(call))
    expect(reply.providerMetadata?.modelspine).toMatchObject({ attempts: 2 })
    expect(one.doEmbedCalls[0]).toEqual({ ...call, abortSignal: expect.any(AbortSignal) })
  })

  it('fail over for a reply with too few embeddings, and not for a wrong request', async () => {
    const short = embedding({ doEmbed: async () => ({ embeddings: [[1]], warnings: [] }) })
    const model = fallback([short, embedding()])
    expect((await model.doEmbed({ values: ['a', 'b'] })).embeddings).toHaveLength(2)
    const other = embedding()
    await expect(fallback([failing(apiError(400)), other]).doEmbed({ values: ['a'] })).rejects.toMatchObject({
      code: 'bad-request',
    })
    expect(other.doEmbedCalls).toHaveLength(0)
  })

  it('take as many values at once as the one that takes fewest', async () => {
    const limits = (...all: unknown[]) =>
      fallback(all.map((maxEmbeddingsPerCall) => embedding({ maxEmbeddingsPerCall } as never)))
        .maxEmbeddingsPerCall
    expect(await limits(5, Promise.resolve(2), null)).toBe(2)
    expect(await limits(null, null)).toBeUndefined()
    expect(await limits(5, Promise.reject(new Error('down')))).toBe(5)
    expect(await limits(Number.POSITIVE_INFINITY, 7)).toBe(7)
  })

  it('are called in parallel when all can be', async () => {
    const all = (...each: unknown[]) =>
      fallback(each.map((supportsParallelCalls) => embedding({ supportsParallelCalls } as never)))
        .supportsParallelCalls
    expect(await all(true, Promise.resolve(true))).toBe(true)
    expect(await all(true, false)).toBe(false)
  })

  it('are embedMany’s, in batches that the smallest takes', async () => {
    const small = embedding({ maxEmbeddingsPerCall: 2 } as never)
    const { embeddings, usage } = await embedMany({
      model: fallback([failing(apiError(503)), small]),
      values: ['a', 'bb', 'ccc'],
      maxRetries: 0,
    })
    expect(embeddings).toEqual([[1], [2], [3]])
    expect(usage).toEqual({ tokens: 3 })
    expect(small.doEmbedCalls.map(({ values }) => values.length)).toEqual([2, 1])
  })
})
