import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import { embedMany, generateText, streamText } from 'ai'
import {
  convertArrayToReadableStream,
  MockEmbeddingModelV4,
  MockImageModelV4,
  MockLanguageModelV4,
} from 'ai/test'
import { fallback } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'

const usage = {
  inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 2, text: 2, reasoning: undefined },
}
const finishReason = { unified: 'stop', raw: 'stop' } as const

const healthy = (modelId: string): MockLanguageModelV4 =>
  new MockLanguageModelV4({
    modelId,
    doGenerate: async () => ({
      content: [{ type: 'text', text: modelId }],
      finishReason,
      usage,
      warnings: [],
    }),
    doStream: async () => ({
      stream: convertArrayToReadableStream([
        { type: 'stream-start', warnings: [] },
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: modelId },
        { type: 'text-end', id: '1' },
        { type: 'finish', finishReason, usage },
      ]),
    }),
  })

const dead = (): MockLanguageModelV4 => {
  const fail = async (): Promise<never> => {
    throw new Error('down')
  }
  return new MockLanguageModelV4({ modelId: 'dead', doGenerate: fail, doStream: fail })
}

describe('fallback', () => {
  it('answers with the second model when the first is dead', async () => {
    const model = fallback([dead(), healthy('b')])
    expect((await generateText({ model, prompt: 'hi' })).text).toBe('b')
    expect(await streamText({ model, prompt: 'hi' }).text).toBe('b')
  })

  it('embeds with the second model when the first is dead', async () => {
    const broken = new MockEmbeddingModelV4({
      doEmbed: async () => {
        throw new Error('down')
      },
    })
    const works = new MockEmbeddingModelV4({
      maxEmbeddingsPerCall: 2,
      doEmbed: async ({ values }) => ({ embeddings: values.map(({ length }) => [length]), warnings: [] }),
    })
    const { embeddings } = await embedMany({ model: fallback([broken, works]), values: ['a', 'bb', 'ccc'] })
    expect(embeddings).toEqual([[1], [2], [3]])
  })

  it.each([
    [[], 'models', 'is empty'],
    [['openai/gpt-5'], 'models[0]', 'is a string'],
    [[{ ...healthy('a'), specificationVersion: 'v3' }], 'models[0]', 'version v3'],
    [[new MockImageModelV4()], 'models[0]', 'a language model or an embedding model'],
    [[healthy('a'), new MockEmbeddingModelV4()], 'models[1]', 'models of one kind'],
  ])('refuses models that cannot stand in for each other: %#', (models, field, message) => {
    const given = models as unknown as readonly LanguageModelV4[] | readonly EmbeddingModelV4[]
    expect(() => fallback(given as readonly LanguageModelV4[])).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field },
        message: expect.stringContaining(message),
      }),
    )
  })

  it('refuses a model that is in no list, and says so', () => {
    expect(() => fallback(healthy('a') as never)).toThrow('models is an object: give a list')
    expect(() => fallback(undefined as never)).toThrow('models is missing: give a list')
  })

  it.each([
    [{ timeouts: { firstOutput: 3 } }, 'timeouts.firstOutput', 'Did you mean "firstOutputMs"?'],
    [{ timeout: {} }, 'timeout', 'Did you mean "timeouts"?'],
    [{ timeouts: 3 }, 'timeouts', 'give an object'],
    [{ onAttempt: {} }, 'onAttempt', 'give a function'],
    [{ shouldFailOver: () => true }, 'shouldFailOver', 'Did you mean "shouldFailover"?'],
    [{ rest: { restMS: 3 } }, 'restMS', 'Did you mean "restMs"?'],
  ])('refuses options that do not exist: %j', (options, option, message) => {
    expect(() => fallback([healthy('a')], options as object)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field: option },
        message: expect.stringContaining(message),
      }),
    )
  })
})
