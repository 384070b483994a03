import { describe, expect, it } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatPart, ChatReply } from '../../../../src/provider/contract.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const read = (body: object): ChatReply => geminiContent.parseReply(JSON.stringify(body), errorOf)
const answer = (parts: readonly object[], more: object = {}): object => ({
  responseId: 'r-1',
  modelVersion: 'gemini-2.5-flash',
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', ...more }],
})
const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }

describe('a reply', () => {
  it('has the parts of its candidates, and counts that do not overlap', () => {
    const reply = read({
      ...answer([
        { text: 'Hm', thought: true },
        { text: 'Yes', thoughtSignature: 'c2ln' },
        { functionCall: { name: 'look', args: { id: 1 } } },
        { functionCall: { id: 'own', name: 'look' } },
        { inlineData: { mimeType: 'image/png', data: 'AA==' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK' } },
      ]),
      usageMetadata: {
        promptTokenCount: 100,
        cachedContentTokenCount: 60,
        toolUsePromptTokenCount: 5,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 20,
        totalTokenCount: 135,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 50 },
          { modality: 'AUDIO', tokenCount: 30 },
          { modality: 'IMAGE', tokenCount: 20 },
        ],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 10 }],
      },
    })
    const { native: _, ...rest } = reply
    expect(rest).toEqual({
      id: 'r-1',
      model: 'gemini-2.5-flash',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'Hm' },
            { type: 'text', text: 'Yes', signature: 'c2ln', signedBy: 'google' },
            { type: 'tool-call', id: 'call_r-1_0', name: 'look', arguments: '{"id":1}' },
            { type: 'tool-call', id: 'own', name: 'look', arguments: '{}' },
            { type: 'image', url: 'data:image/png;base64,AA==' },
            {
              type: 'opaque',
              vendor: 'google',
              kind: 'codeExecutionResult',
              data: { codeExecutionResult: { outcome: 'OUTCOME_OK' } },
              required: true,
            },
          ],
          finishReason: 'tool-calls',
        },
      ],
      usage: {
        inputTokens: 45,
        outputTokens: 30,
        cacheReadTokens: 60,
        reasoningTokens: 20,
        audioInputTokens: 30,
        imageInputTokens: 20,
        imageOutputTokens: 10,
      },
    })
  })

  it('counts thoughts although nothing else was said, and no count that did not come', () => {
    const usageMetadata = { promptTokenCount: 3, thoughtsTokenCount: 7, totalTokenCount: 10 }
    expect(read({ ...answer([]), usageMetadata }).usage).toEqual({
      inputTokens: 3,
      outputTokens: 7,
      reasoningTokens: 7,
    })
    expect(read(answer([])).usage).toEqual({})
  })

  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['MALFORMED_FUNCTION_CALL', 'other'],
    ['SOMETHING_NEW', 'other'],
  ])('that ended with %s has the reason %s', (finishReason, reason) => {
    expect(read(answer([{ text: 'a' }], { finishReason })).choices[0]?.finishReason).toBe(reason)
    expect(read({ candidates: [{ finishReason }] }).choices[0]).toEqual({ content: [], finishReason: reason })
  })

  it('has ids for calls that fit every other format', () => {
    const calls = [{ functionCall: { name: 'a.b:c' } }, { functionCall: { name: 'a.b:c' } }]
    const ids = (body: object): readonly string[] =>
      read(body).choices.flatMap(({ content }) =>
        content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
      )
    expect(ids({ ...answer(calls), responseId: undefined })).toEqual(['call_a_b_c_0', 'call_a_b_c_1'])
    expect(ids({ ...answer(calls), responseId: '!'.repeat(3) + 'x'.repeat(100) })[1]).toBe(
      `call_${'x'.repeat(24)}_1`,
    )
  })

  it('keeps whole numbers that JavaScript cannot hold', () => {
    const args = '{"id":12345678901234567890}'
    const text = JSON.stringify(answer([{ functionCall: { name: 'look', args: 0 } }])).replace(
      '"args":0',
      `"args":${args}`,
    )
    const [choice] = geminiContent.parseReply(text, errorOf).choices
    expect(choice?.content[0]).toMatchObject({ arguments: args })
  })

  it('is content-filter when Google refused the prompt', () => {
    const refused = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 3 },
    }
    expect(() => read(refused)).toThrow(
      expect.objectContaining({ code: 'content-filter', details: { reason: 'PROHIBITED_CONTENT' } }),
    )
  })

  it.each([
    ['{', 'malformed-reply'],
    ['[]', 'malformed-reply'],
    ['{"note":1}', 'malformed-reply'],
    ['{"candidates":[]}', 'malformed-reply'],
    ['{"candidates":[{}]}', 'malformed-reply'],
    ['{"candidates":[1]}', 'malformed-reply'],
    ['{"candidates":[{"content":{"parts":[1]}}]}', 'malformed-reply'],
    ['{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}', 'malformed-reply'],
    ['{"error":{"code":503}}', 'overloaded'],
    ['[{"error":{"code":503}}]', 'overloaded'],
  ])('%s is %s', (text, code) => {
    expect(() => geminiContent.parseReply(text, errorOf)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a reply of another dialect', () => {
  const reply = (content: readonly ChatPart[], more: Partial<ChatReply> = {}): ChatReply => ({
    id: 'x',
    model: 'y',
    choices: [{ content, finishReason: 'tool-calls' }],
    usage: {},
    ...more,
  })
  const print = (given: ChatReply) => JSON.parse(geminiContent.printReply(given, facts))

  it('is built, and read as the same again', () => {
    const content: readonly ChatPart[] = [
      { type: 'reasoning', text: 'a', signature: 'c2ln', signedBy: 'anthropic' },
      { type: 'reasoning', text: '', encrypted: 'c2VhbGVk', signedBy: 'anthropic' },
      { type: 'reasoning', text: 'b', signature: 'Zw==', signedBy: 'google' },
      { type: 'text', text: 'c' },
      {
        type: 'tool-call',
        id: '1',
        name: 'look',
        arguments: '{"at":1}',
        signature: 's:1',
        signedBy: 'openai',
      },
    ]
    const usage = {
      inputTokens: 5,
      cacheReadTokens: 3,
      outputTokens: 9,
      reasoningTokens: 4,
      audioInputTokens: 2,
    }
    const text = geminiContent.printReply(reply(content, { usage }), facts)
    const { native: _, ...read } = geminiContent.parseReply(text, errorOf)
    expect(read).toEqual(reply(content, { usage }))
    expect(JSON.parse(text).usageMetadata).toEqual({
      promptTokenCount: 8,
      cachedContentTokenCount: 3,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 4,
      totalTokenCount: 17,
      promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 2 }],
    })
    // Google's clients read the signature as bytes.
    for (const { thoughtSignature } of JSON.parse(text).candidates[0].content.parts) {
      if (thoughtSignature !== undefined) expect(thoughtSignature).toMatch(/^[A-Za-z0-9+/]+=*$/)
    }
  })

  it('gives signatures of other vendors back from a client, who sends them with the next request', () => {
    const thought: ChatPart = { type: 'reasoning', text: 'a', signature: 'c2ln', signedBy: 'anthropic' }
    const { content } = print(reply([thought])).candidates[0]
    const next = geminiContent.parse(JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }, content] }), {
      model: 'm',
      stream: false,
    })
    expect(next.request.messages[1]?.content).toEqual([thought])
  })

  it('has no usage that nobody counted, and says when a call could not be written', () => {
    const broken = print(reply([{ type: 'tool-call', id: '1', name: 'look', arguments: '{"at":' }]))
    expect(broken.candidates[0]).toMatchObject({
      content: { parts: [] },
      finishReason: 'MALFORMED_FUNCTION_CALL',
    })
    expect(broken).not.toHaveProperty('usageMetadata')
  })

  it('has media and refusals as far as there are words for them', () => {
    const content: readonly ChatPart[] = [
      { type: 'refusal', text: 'No' },
      { type: 'image', url: 'data:image/png;base64,AA==' },
      { type: 'audio', fileId: 'x', transcript: 'said' },
      { type: 'file', url: 'https://example.com/a' },
      { type: 'opaque', vendor: 'google', kind: 'executableCode', data: { executableCode: {} } },
      { type: 'opaque', vendor: 'openai', kind: 'x', data: {} },
    ]
    expect(print(reply(content)).candidates[0].content.parts).toEqual([
      { text: 'No' },
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
      { text: 'said' },
      { fileData: { fileUri: 'https://example.com/a' } },
      { executableCode: {} },
    ])
  })
})

it('a reply of the same dialect goes on to the byte', () => {
  const text = `{ "candidates": [ {"content":{"parts":[{"text":"a"}]} , "x": 1e2} ], "big": 12345678901234567890 }`
  expect(geminiContent.printReply(geminiContent.parseReply(text, errorOf), facts)).toBe(text)
})
