import { describe, expect, it } from 'vitest'
import {
  parseOpenaiEmbed,
  parseOpenaiEmbedReply,
  printOpenaiEmbed,
  printOpenaiEmbedReply,
} from '../../../../src/dialects/openai/embed.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { EmbedReply, EmbedRequest } from '../../../../src/provider/contract.ts'

const parse = (body: unknown): EmbedRequest => parseOpenaiEmbed(JSON.stringify(body))
const errorOf = (): ModelspineError => new ModelspineError('unavailable', 'an error inside')
const parseReply = (body: unknown, inputs: number): EmbedReply =>
  parseOpenaiEmbedReply(JSON.stringify(body), inputs, errorOf)

describe('parseOpenaiEmbed', () => {
  it.each([
    ['a text', 'a', ['a']],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['tokens', [1, 2], [[1, 2]]],
    ['lists of tokens', [[1], [2, 3]], [[1], [2, 3]]],
  ])('reads %s', (_what, input, expected) => {
    const body = { model: 'm', input, encoding_format: 'base64', user: 'u' }
    const request = parse(body)
    const native = { dialect: 'openai-embeddings' }
    const unread = [{ field: 'user', hint: true }]
    expect(request).toEqual({ model: 'm', input: expected, unread, native })
    expect(JSON.parse(printOpenaiEmbed({ ...request, model: 'other' }, 'openai'))).toEqual({
      ...body,
      model: 'other',
    })
  })

  it('is refused by what only it says, where its text is not sent', () => {
    const { native: _, ...elsewhere } = parse({ model: 'm', input: 'a', user: 'u', input_type: 'query' })
    expect(() => printOpenaiEmbed(elsewhere, 'openai')).toThrow(
      expect.objectContaining({ code: 'unsupported', details: { field: 'input_type' } }),
    )
    const { native: __, ...hinted } = parse({ model: 'm', input: 'a', user: 'u', encoding_format: 'float' })
    expect(JSON.parse(printOpenaiEmbed(hinted, 'openai'))).toEqual({ model: 'm', input: ['a'] })
  })

  it('keeps its text but for the model and what was edited', () => {
    const text = '{ "input":["a","b"],"model" : "m", "dimensions": 3, "x":1.50 }'
    const request = { ...parseOpenaiEmbed(text), model: 'other' }
    expect(printOpenaiEmbed(request, 'openai')).toBe(text.replace('"m"', '"other"'))
    const { dimensions: _, ...edited } = { ...request, input: ['a', '[redacted]'] }
    expect(printOpenaiEmbed(edited, 'openai')).toBe(
      '{ "input":["a","[redacted]"],"model" : "other", "x":1.50 }',
    )
  })

  it.each([
    [{ model: 'm' }, 'input is missing; write a string, a list of strings'],
    [{ model: 'm', input: ['a', 1] }, 'input is a list of 2'],
    [{ model: 'm', input: [] }, 'input is an empty list'],
    [{ model: 'm', input: 'a', dimensions: 1.5 }, 'dimensions is 1.5; write a whole number of at least 1'],
    [{ model: 'm', input: 'a', encoding_format: 'hex' }, 'encoding_format is "hex"; write float or base64'],
    [{ input: 'a' }, 'model is missing'],
  ])('refuses %j and names the wrong field', (body, text) => {
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(text) }),
    )
  })
})

describe('parseOpenaiEmbedReply', () => {
  it('orders the embeddings by their index', () => {
    const data = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: 'AACAPw==' },
    ]
    expect(parseReply({ model: 'm', data }, 2).embeddings).toEqual(['AACAPw==', [2]])
  })

  it.each([
    ['too few embeddings', { data: [{ embedding: [1] }] }],
    ['too many embeddings', { data: [1, 2, 3].map((each) => ({ embedding: [each] })) }],
    [
      'one index twice',
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [1] },
        ],
      },
    ],
    [
      'a missing index',
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 2, embedding: [1] },
        ],
      },
    ],
    ['no list', { data: 'x' }],
    ['embeddings that are not lists', { data: [{ embedding: 1 }, { embedding: 2 }] }],
  ])('throws malformed-reply for a reply with %s', (_what, body) => {
    expect(() => parseReply(body, 2)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })
})

describe('printOpenaiEmbedReply', () => {
  it('packs numbers as base64, as OpenAI does, when the caller asked for base64', () => {
    const request = parse({ model: 'm', input: 'a', encoding_format: 'base64' })
    const body = JSON.parse(printOpenaiEmbedReply({ model: 'm', embeddings: [[1, -2]], usage: {} }, request))
    expect(body.data).toEqual([{ object: 'embedding', index: 0, embedding: 'AACAPwAAAMA=' }])
  })

  it('gives a reply of the same dialect back unchanged', () => {
    const text = '{"data": [{"embedding":[1.0]}], "model":"m", "extra":12345678901234567890}'
    const reply = parseOpenaiEmbedReply(text, 1, errorOf)
    expect(printOpenaiEmbedReply(reply, { model: 'm', input: ['a'] })).toBe(text)
  })
})
