import type { EmbedRequest } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { type AwsCall, type AwsReply, jsonError } from '../shared/aws/small-aws.ts'
import { context, jsonReply, openScene } from './scene.ts'

const bodyOf = ({ body }: AwsCall): Record<string, unknown> => JSON.parse(body.toString())
const titan = 'amazon.titan-embed-text-v2:0'
const titanAnswer = (call: AwsCall): AwsReply => {
  const text = String(bodyOf(call).inputText)
  return jsonReply({ embedding: [text.length, 1], inputTextTokenCount: text.length })
}
const cohereAnswer = (call: AwsCall): AwsReply => {
  const texts = bodyOf(call).texts as string[]
  return jsonReply(
    { embeddings: texts.map((text) => [Number(text)]) },
    { 'x-amzn-bedrock-input-token-count': String(texts.length) },
  )
}

describe('embeddings of Bedrock', () => {
  it('of Titan are one call a text, in the order of the texts, with the sum of what they used', async () => {
    const { provider, calls } = await openScene(titanAnswer)
    const input = Array.from({ length: 20 }, (_, place) => 'x'.repeat(place + 1))
    const reply = await provider.embed(
      { model: titan, input, dimensions: 256, options: { bedrock: { normalize: false } } },
      context,
    )
    expect(reply.embeddings).toEqual(input.map(({ length }) => [length, 1]))
    expect(reply.usage).toEqual({ inputTokens: 210 })
    expect(calls).toHaveLength(20)
    const bodies = calls
      .map(bodyOf)
      .toSorted((one, other) => String(one.inputText).length - String(other.inputText).length)
    expect(bodies[0]).toEqual({ inputText: 'x', dimensions: 256, normalize: false })
  })

  it('are at most eight calls at a time', async () => {
    let open = 0
    let most = 0
    const { provider } = await openScene((call) => ({
      play(response) {
        open += 1
        most = Math.max(most, open)
        setImmediate(() => {
          open -= 1
          response.end(titanAnswer(call).body)
        })
      },
    }))
    await provider.embed({ model: titan, input: Array.from({ length: 30 }, () => 'a') }, context)
    expect(most).toBeLessThanOrEqual(8)
    expect(most).toBeGreaterThan(1)
  })

  it('of Cohere are calls of 96 texts', async () => {
    const { provider, calls } = await openScene(cohereAnswer)
    const input = Array.from({ length: 200 }, (_, place) => String(place))
    const reply = await provider.embed({ model: 'cohere.embed-multilingual-v3', input }, context)
    expect(reply.embeddings).toEqual(input.map((text) => [Number(text)]))
    expect(reply.usage).toEqual({ inputTokens: 200 })
    const sizes = calls.map((call) => (bodyOf(call).texts as string[]).length).toSorted()
    expect([sizes, bodyOf(calls[0] as AwsCall).input_type]).toEqual([[8, 96, 96], 'search_document'])
  })

  it.each<[string, object, object]>([
    ['amazon.titan-embed-text-v1', {}, { inputText: 'a' }],
    [
      'amazon.titan-embed-image-v1',
      { dimensions: 384 },
      { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 384 } },
    ],
    [
      'eu.cohere.embed-v4:0',
      { dimensions: 512, options: { bedrock: { input_type: 'search_query' } } },
      { texts: ['a'], input_type: 'search_query', output_dimension: 512 },
    ],
    [`arn:aws:bedrock:eu-west-1::foundation-model/${titan}`, {}, { inputText: 'a' }],
    ['arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/x', {}, { inputText: 'a' }],
  ])('of %s have the body that it knows', async (model, more, body) => {
    const answer = (call: AwsCall): AwsReply =>
      'texts' in bodyOf(call) ? jsonReply({ embeddings: { float: [[1]] } }) : jsonReply({ embedding: [1] })
    const embedForm = (name: string) => (name.endsWith('profile/x') ? ('titan-v1' as const) : undefined)
    const { provider, calls } = await openScene(answer, { embedForm })
    const reply = await provider.embed({ model, input: ['a'], ...more }, context)
    expect([reply.embeddings, reply.usage, bodyOf(calls[0] as AwsCall)]).toEqual([[[1]], {}, body])
  })

  it.each<[string, Partial<EmbedRequest>, string]>([
    ['token ids', { input: [[1, 2]] }, 'unsupported'],
    [
      'a length that the model does not have',
      { model: 'amazon.titan-embed-text-v1', dimensions: 5 },
      'unsupported',
    ],
    ["what only the caller's format says", { unread: [{ field: 'input_type' }] }, 'unsupported'],
    ['a model that nobody knows', { model: 'meta.llama3-8b-instruct-v1:0' }, 'unsupported'],
  ])('refuse %s, and send nothing', async (_what, request, code) => {
    const { provider, calls } = await openScene(titanAnswer)
    await expect(provider.embed({ model: titan, input: ['a'], ...request }, context)).rejects.toMatchObject({
      code,
    })
    expect(calls).toEqual([])
  })

  it.each([
    [titan, { inputText: 'z', dimensions: 1, normalize: true }],
    ['cohere.embed-v4:0', { texts: ['z'], output_dimension: 1, truncate: 'END' }],
  ])('of %s are those of the texts, whatever the options say', async (model, bedrock) => {
    const { provider, calls } = await openScene((call) =>
      'texts' in bodyOf(call) ? cohereAnswer(call) : titanAnswer(call),
    )
    await provider.embed({ model, input: ['1'], dimensions: 256, options: { bedrock } }, context)
    const { inputText, texts, dimensions, output_dimension: length, ...more } = bodyOf(calls[0] as AwsCall)
    expect([texts ?? [inputText], dimensions ?? length]).toEqual([['1'], 256])
    expect(more).toHaveProperty(model === titan ? 'normalize' : 'truncate')
  })

  it('fail as the first call that fails, and end the others', async () => {
    let left = 0
    const { provider } = await openScene((call) =>
      bodyOf(call).inputText === 'bad'
        ? jsonError(400, 'ValidationException', 'Input is too long')
        : { play: (response) => response.on('close', () => (left += 1)) },
    )
    await expect(
      provider.embed({ model: titan, input: ['a', 'b', 'bad', 'c'] }, context),
    ).rejects.toMatchObject({ code: 'context-length' })
    await expect.poll(() => left).toBeGreaterThan(0)
  })

  it.each([
    [{ embedding: 'no' }, 'malformed-reply'],
    [{ embedding: [1, 'a'] }, 'malformed-reply'],
    [{ embedding: [], message: 'no, the image is too large' }, 'unavailable'],
  ])('fail for the answer %j', async (body, code) => {
    const { provider } = await openScene(() => jsonReply(body))
    await expect(provider.embed({ model: titan, input: ['a'] }, context)).rejects.toMatchObject({ code })
  })

  it('fail when an embedding is missing', async () => {
    const { provider } = await openScene(() => jsonReply({ embeddings: [[1]] }))
    await expect(
      provider.embed({ model: 'cohere.embed-english-v3', input: ['a', 'b'] }, context),
    ).rejects.toMatchObject({
      code: 'malformed-reply',
      message: 'Bedrock: the reply has 1 embeddings for 2 texts',
    })
  })
})
