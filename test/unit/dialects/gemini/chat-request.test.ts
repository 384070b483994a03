import { describe, expect, it } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const place = { model: 'gemini-2.5-flash', stream: true }
const read = (body: object): ChatRequest => {
  const { native: _, ...request } = geminiContent.parse(JSON.stringify(body), place).request
  return request
}
const hi = { role: 'user', parts: [{ text: 'Hi' }] }

describe('a request', () => {
  it('takes the model and the stream from the path', () => {
    const call = geminiContent.parse(JSON.stringify({ contents: [hi] }), place)
    expect(call).toMatchObject({ stream: true, includeUsage: true, request: { model: 'gemini-2.5-flash' } })
    expect(geminiContent.parse(JSON.stringify({ model: 'm', contents: [hi] }))).toMatchObject({
      stream: false,
      request: { model: 'm' },
    })
  })

  it('reads all parts of a conversation', () => {
    const { messages } = read({
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'Look' },
            { inlineData: { mimeType: 'image/png', data: 'AA==' } },
            { inlineData: { mimeType: 'audio/wav', data: 'AB==', displayName: 'noise' } },
            { fileData: { mimeType: 'application/pdf', fileUri: 'gs://b/a.pdf', displayName: 'a' } },
            { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } },
            { fileData: { fileUri: 'https://www.youtube.com/watch?v=1' } },
            { inlineData: { mimeType: 'video/mp4', data: 'AC==' }, videoMetadata: { fps: 2 } },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'Hm', thought: true, thoughtSignature: 'c2ln' },
            { text: 'Yes', thoughtSignature: 'dGV4dA==' },
            { executableCode: { language: 'PYTHON', code: '1' } },
            { functionCall: { id: 'a', name: 'look', args: { at: 1 } }, thoughtSignature: 'Y2FsbA==' },
          ],
        },
      ],
    })
    expect(messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', url: 'data:image/png;base64,AA==' },
          {
            type: 'audio',
            url: 'data:audio/wav;base64,AB==',
            options: { google: { inlineData: { displayName: 'noise' } } },
          },
          { type: 'file', url: 'gs://b/a.pdf', mediaType: 'application/pdf', filename: 'a' },
          { type: 'file', fileId: 'https://generativelanguage.googleapis.com/v1beta/files/x' },
          {
            type: 'opaque',
            vendor: 'google',
            kind: 'video',
            data: { fileData: { fileUri: 'https://www.youtube.com/watch?v=1' } },
            required: true,
          },
          {
            type: 'opaque',
            vendor: 'google',
            kind: 'video',
            data: { inlineData: { mimeType: 'video/mp4', data: 'AC==' }, videoMetadata: { fps: 2 } },
            required: true,
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', signature: 'c2ln', signedBy: 'google' },
          { type: 'text', text: 'Yes', signature: 'dGV4dA==', signedBy: 'google' },
          {
            type: 'opaque',
            vendor: 'google',
            kind: 'executableCode',
            data: { executableCode: { language: 'PYTHON', code: '1' } },
            required: true,
          },
          {
            type: 'tool-call',
            id: 'a',
            name: 'look',
            arguments: '{"at":1}',
            signature: 'Y2FsbA==',
            signedBy: 'google',
          },
        ],
      },
    ])
  })

  it('matches answers without ids to the calls by name and order', () => {
    const call = (name: string, at: number): object => ({ functionCall: { name, args: { at } } })
    const answer = (name: string, output: string): object => ({
      functionResponse: { name, response: { output } },
    })
    const { messages } = read({
      contents: [
        hi,
        { role: 'model', parts: [call('look', 1), call('find', 2), call('look', 3)] },
        {
          role: 'user',
          parts: [answer('look', 'one'), answer('look', 'three'), answer('find', 'two'), { text: 'So?' }],
        },
        { role: 'user', parts: [answer('look', 'nobody asked')] },
      ],
    })
    const ids = messages[1]?.content.map((part) => (part.type === 'tool-call' ? part.id : ''))
    expect(new Set(ids).size).toBe(3)
    expect(messages.slice(2).map(({ role, toolCallId }) => [role, toolCallId])).toEqual([
      ['tool', ids?.[0]],
      ['tool', ids?.[2]],
      ['tool', ids?.[1]],
      ['user', undefined],
      ['tool', 'call_3_0'],
    ])
  })

  it.each([
    [{ output: 'a cat' }, ['a cat'], undefined],
    [{ output: ['a', 'b'] }, ['a', 'b'], undefined],
    [{ error: 'no cat' }, ['no cat'], true],
    [{ output: 3 }, ['{"output":3}'], undefined],
    [{ at: 1, error: 'x' }, ['{"at":1,"error":"x"}'], undefined],
    [{}, [], undefined],
  ])('reads the answer %j of a function', (response, texts, failed) => {
    const { messages } = read({
      contents: [
        hi,
        { parts: [{ functionResponse: { id: 'a', name: 'look', response, scheduling: 'SILENT' } }] },
      ],
    })
    expect(messages[1]).toEqual({
      role: 'tool',
      toolCallId: 'a',
      name: 'look',
      content: texts.map((text) => ({ type: 'text', text })),
      ...(failed && { toolFailed: true }),
      options: { google: { functionResponse: { scheduling: 'SILENT' } } },
    })
  })

  it('reads settings by both of their names', () => {
    const camel = {
      contents: [hi],
      generationConfig: {
        maxOutputTokens: 10,
        candidateCount: 2,
        temperature: 2,
        topP: 0.5,
        topK: 40,
        frequencyPenalty: -1,
        presencePenalty: 1,
        stopSequences: ['END'],
        seed: 7,
        thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
        responseMimeType: 'application/json',
      },
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['look'] } },
    }
    const snake = JSON.parse(
      JSON.stringify(camel).replace(/"([a-z]+[A-Z][a-zA-Z]*)":/g, (_, name: string) => {
        return `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`
      }),
    )
    expect(read(camel)).toEqual({
      model: 'gemini-2.5-flash',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      maxOutputTokens: 10,
      choices: 2,
      temperature: 2,
      topP: 0.5,
      topK: 40,
      frequencyPenalty: -1,
      presencePenalty: 1,
      stop: ['END'],
      seed: 7,
      reasoningEffort: 'low',
      responseFormat: 'json',
      toolChoice: { name: 'look' },
    })
    expect(Object.keys(snake.generation_config)).toContain('max_output_tokens')
    expect(read(snake)).toEqual(read(camel))
  })

  it('reads functions with both kinds of schema, and tools of Google', () => {
    const { tools } = read({
      contents: [hi],
      tools: [
        {
          functionDeclarations: [
            { name: 'a', description: 'A', parametersJsonSchema: { type: 'object', maxProperties: 1 } },
            {
              name: 'b',
              behavior: 'NON_BLOCKING',
              parameters: {
                type: 'OBJECT',
                properties: {
                  at: { type: 'INTEGER', nullable: true, enum: ['1'] },
                  list: { type: 'ARRAY', items: { type: 'STRING' }, minItems: '2', example: ['x'] },
                  any: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }], nullable: true },
                },
                required: ['at'],
              },
            },
            { name: 'c' },
          ],
          googleSearch: {},
        },
      ],
    })
    expect(tools).toEqual([
      { type: 'function', name: 'a', description: 'A', parameters: { type: 'object', maxProperties: 1 } },
      {
        type: 'function',
        name: 'b',
        parameters: {
          type: 'object',
          properties: {
            at: { type: ['integer', 'null'], enum: ['1', null] },
            list: { type: 'array', items: { type: 'string' }, minItems: 2, examples: [['x']] },
            any: { anyOf: [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { type: 'null' }] },
          },
          required: ['at'],
        },
        options: { google: { behavior: 'NON_BLOCKING' } },
      },
      { type: 'function', name: 'c', parameters: { type: 'object', properties: {} } },
      { type: 'opaque', vendor: 'google', kind: 'googleSearch', data: { googleSearch: {} }, required: true },
    ])
  })

  it('reads the schema of an answer with what stands in it for other formats', () => {
    const { responseSchema } = read({
      contents: [hi],
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', title: 'cat', description: 'A cat', properties: {} },
      },
    })
    expect(responseSchema).toEqual({
      name: 'cat',
      description: 'A cat',
      strict: true,
      schema: { type: 'object', properties: {} },
    })
  })

  it('lists what the contract has no word for, and only that', () => {
    const { unread } = read({
      contents: [hi],
      cachedContent: 'cachedContents/1',
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
      labels: { team: 'a' },
      tools: [],
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] },
        retrievalConfig: { languageCode: 'de' },
      },
      generationConfig: {
        responseModalities: ['TEXT', 'IMAGE'],
        mediaResolution: 'MEDIA_RESOLUTION_LOW',
        responseLogprobs: true,
        audioTimestamp: false,
        thinkingConfig: { thinkingBudget: -1, includeThoughts: true },
      },
    })
    expect(unread).toEqual([
      { field: 'cachedContent' },
      { field: 'safetySettings' },
      { field: 'labels', hint: true },
      { field: 'generationConfig.mediaResolution', hint: true },
      { field: 'generationConfig.responseLogprobs' },
      { field: 'generationConfig.responseModalities' },
      { field: 'generationConfig.thinkingConfig.includeThoughts', hint: true },
      { field: 'toolConfig.retrievalConfig' },
      { field: 'toolConfig.functionCallingConfig.allowedFunctionNames' },
    ])
    expect(
      read({ contents: [hi], generationConfig: { responseModalities: ['TEXT'] } }).unread,
    ).toBeUndefined()
    const validated = { contents: [hi], toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } } }
    expect(read(validated)).toMatchObject({
      toolChoice: 'auto',
      unread: [{ field: 'toolConfig.functionCallingConfig.mode', hint: true }],
    })
  })

  it.each([
    ['contents', {}],
    ['contents', { contents: [] }],
    ['contents[0]', { contents: ['Hi'] }],
    ['contents[0].role', { contents: [{ role: 'assistant', parts: [] }] }],
    ['contents[0].parts', { contents: [{ parts: 'Hi' }] }],
    ['contents[0].parts[0]', { contents: [{ parts: ['Hi'] }] }],
    ['contents[0].parts[0].functionCall.name', { contents: [{ parts: [{ functionCall: {} }] }] }],
    ['contents[0].parts[0].functionResponse.name', { contents: [{ parts: [{ functionResponse: {} }] }] }],
    ['contents[0].parts[0].inlineData.mimeType', { contents: [{ parts: [{ inlineData: { data: '' } }] }] }],
    ['generationConfig.maxOutputTokens', { contents: [hi], generationConfig: { maxOutputTokens: 'x' } }],
    ['generationConfig.stopSequences', { contents: [hi], generationConfig: { stopSequences: [1] } }],
    [
      'toolConfig.functionCallingConfig.mode',
      { contents: [hi], toolConfig: { functionCallingConfig: { mode: 'X' } } },
    ],
  ])('names %s when it is wrong', (field, body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'bad-request', details: { field } }))
  })

  it('calls a body that is no JSON a bad request', () => {
    expect(() => geminiContent.parse('{', place)).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })
})
