import { describe, expect, it } from 'vitest'
import { ListingCarriage } from '../../../../src/dialects/carriage.ts'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import { type GeminiPrinting, vertexAi } from '../../../../src/dialects/gemini/printing/gemini-printing.ts'
import type { ChatMessage, ChatPart, ChatRequest } from '../../../../src/provider/contract.ts'

const base: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

function printed(more: Partial<ChatRequest>, printing: Partial<GeminiPrinting> = {}) {
  const carriage = new ListingCarriage(geminiContent.title)
  const text = geminiContent.print(
    { ...base, ...more },
    { stream: false, vendor: 'google', carriage, ...printing },
  )
  return { body: JSON.parse(text), refused: carriage.refused, approximated: carriage.approximated, text }
}

const saying = (content: readonly ChatPart[], role: ChatMessage['role'] = 'user'): Partial<ChatRequest> => ({
  messages: [...base.messages, { role, content }],
})
const call = (id: string, name = 'look', more: object = {}): ChatPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: '{"at":1}',
  ...more,
})

describe('contents', () => {
  it('have the system apart, one content for all answers of a turn, and one for neighbours of the model', () => {
    const { body, approximated } = printed({
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'A' }] },
        ...base.messages,
        { role: 'assistant', content: [{ type: 'text', text: 'Wait' }] },
        { role: 'assistant', content: [call('1'), call('2', 'find')] },
        { role: 'tool', toolCallId: '2', content: [{ type: 'text', text: '{"is":"JSON"}' }] },
        { role: 'tool', toolCallId: '1', toolFailed: true, content: [{ type: 'text', text: 'no' }] },
        { role: 'system', content: [{ type: 'text', text: 'B' }] },
        ...base.messages,
      ],
    })
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'A' }, { text: 'B' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        {
          role: 'model',
          parts: [
            { text: 'Wait' },
            { functionCall: { id: '1', name: 'look', args: { at: 1 } } },
            { functionCall: { id: '2', name: 'find', args: { at: 1 } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: '2', name: 'find', response: { is: 'JSON' } } },
            { functionResponse: { id: '1', name: 'look', response: { error: 'no' } } },
          ],
        },
        { role: 'user', parts: [{ text: 'Hi' }] },
      ],
    })
    expect(approximated).toEqual([{ field: 'messages[6]', what: 'moved before the first message' }])
  })

  it('keep what the user says apart from answers of tools', () => {
    const answer: ChatMessage = { role: 'tool', toolCallId: '1', name: 'look', content: [] }
    const { body } = printed({ messages: [...base.messages, answer, ...base.messages, ...base.messages] })
    expect(body.contents.map(({ parts }: { parts: unknown[] }) => parts.length)).toEqual([1, 1, 1, 1])
  })

  it.each(['plain', '{"output":"x"}', '{"a": 1}', '{}', '{"error":["x"]}', '{"at":12345678901234567890}'])(
    'give the answer %s of a tool as the same text again',
    (text) => {
      for (const toolFailed of [undefined, true] as const) {
        const answer: ChatMessage = {
          role: 'tool',
          toolCallId: '1',
          name: 'look',
          content: [{ type: 'text', text }],
          ...(toolFailed && { toolFailed }),
        }
        const { text: body } = printed({ messages: [...base.messages, answer] })
        const { messages } = geminiContent.parse(body, { model: 'm', stream: false }).request
        expect(messages[1]).toEqual(answer)
      }
    },
  )

  it('keep numbers in arguments that JavaScript cannot hold', () => {
    const exact = '{"id":12345678901234567890,"list":[-98765432109876543210]}'
    const { text } = printed(saying([call('1', 'look', { arguments: exact })], 'assistant'))
    expect(text).toContain(`"args":${exact}`)
    const { messages } = geminiContent.parse(text, { model: 'm', stream: false }).request
    expect(messages[1]?.content).toEqual([call('1', 'look', { arguments: exact })])
  })

  it('send signatures of Google, and leave out those of others', () => {
    const content: readonly ChatPart[] = [
      { type: 'reasoning', text: 'a', signature: 'Zw==', signedBy: 'google' },
      { type: 'reasoning', text: 'b' },
      { type: 'reasoning', text: 'c', signature: 'YQ==', signedBy: 'anthropic' },
      { type: 'reasoning', text: '', encrypted: 'YQ==', signedBy: 'anthropic' },
      { type: 'text', text: 'd', signature: 'dA==' },
      { type: 'text', text: 'e', signature: 'dA==', signedBy: 'openai' },
      call('1', 'look', { signature: 'Yw==', signedBy: 'google' }),
    ]
    const { body, approximated, refused } = printed(saying(content, 'assistant'))
    expect(body.contents[1].parts).toEqual([
      { text: 'a', thought: true, thoughtSignature: 'Zw==' },
      { text: 'b', thought: true },
      { text: 'd', thoughtSignature: 'dA==' },
      { text: 'e' },
      { functionCall: { id: '1', name: 'look', args: { at: 1 } }, thoughtSignature: 'Yw==' },
    ])
    expect(refused).toEqual([])
    expect(approximated).toEqual([
      { field: 'messages[1].content[2]', what: 'left out' },
      { field: 'messages[1].content[3]', what: 'left out' },
      { field: 'messages[1].content[5].signature', what: 'left out' },
    ])
  })

  it.each([
    ['gemini-3-pro-preview', true],
    ['publishers/google/models/gemini-3.1-flash', true],
    ['gemini-2.5-pro', false],
    ['gemini-flash-latest', false],
  ])('have a stand-in for the signature of the first unsigned call for %s: %s', (model, has) => {
    const { body } = printed({ ...saying([call('1'), call('2')], 'assistant'), model })
    const parts = body.contents[1].parts as readonly Record<string, unknown>[]
    expect(parts.map(({ thoughtSignature }) => thoughtSignature)).toEqual([
      has ? 'skip_thought_signature_validator' : undefined,
      undefined,
    ])
    const signed = printed({
      ...saying([call('1', 'look', { signature: 'Yw==' }), call('2')], 'assistant'),
      model,
    })
    expect(signed.text).not.toContain('skip_thought')
  })

  it('name media by bytes or by address', () => {
    const content: readonly ChatPart[] = [
      { type: 'image', url: 'data:image/png;base64,AA==', detail: 'high' },
      { type: 'image', url: 'https://example.com/a.webp?x=1' },
      { type: 'image', url: 'https://example.com/a' },
      { type: 'audio', url: 'data:audio/L16;rate=24000;base64,AA==', transcript: 'x' },
      { type: 'file', url: 'data:text/plain,a%20b', filename: 'a.txt' },
      { type: 'file', fileId: 'files/abc-1' },
    ]
    const { body, approximated, refused } = printed(saying(content))
    expect(refused).toEqual([])
    expect(body.contents[1].parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
      { fileData: { mimeType: 'image/webp', fileUri: 'https://example.com/a.webp?x=1' } },
      { fileData: { fileUri: 'https://example.com/a' } },
      { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AA==' } },
      { inlineData: { mimeType: 'text/plain', data: Buffer.from('a b').toString('base64') } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
    ])
    expect(approximated.map(({ field }) => field)).toEqual([
      'messages[1].content[0].detail',
      'messages[1].content[3].transcript',
      'messages[1].content[4].filename',
    ])
  })

  it('differ between the Gemini API and Vertex AI as both declare', () => {
    const content: readonly ChatPart[] = [
      { type: 'file', url: 'gs://bucket/a.pdf', filename: 'a.pdf' },
      { type: 'file', fileId: 'files/abc' },
      { type: 'image', url: 'https://example.com/a' },
      { type: 'image', url: 's3://bucket/a.png' },
    ]
    const refusedBy = (abilities?: GeminiPrinting['abilities']): readonly string[] =>
      printed(saying(content), abilities && { abilities }).refused.map(({ field }) => field.slice(-2, -1))
    expect(refusedBy()).toEqual(['0', '3'])
    expect(refusedBy(vertexAi)).toEqual(['1', '2', '3'])
    const { body } = printed(saying(content.slice(0, 1)), { abilities: vertexAi })
    expect(body.contents[1].parts).toEqual([
      { fileData: { displayName: 'a.pdf', mimeType: 'application/pdf', fileUri: 'gs://bucket/a.pdf' } },
    ])
  })

  it('put media of an answer of a tool beside what it said', () => {
    const answer: ChatMessage = {
      role: 'tool',
      toolCallId: '1',
      content: [
        { type: 'image', url: 'data:image/png;base64,AA==' },
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b', signature: 'c2ln' },
      ],
    }
    const messages = [...base.messages, { role: 'assistant' as const, content: [call('1')] }, answer]
    const { body, approximated } = printed({ messages })
    expect(body.contents[2].parts).toEqual([
      {
        functionResponse: {
          id: '1',
          name: 'look',
          response: { output: ['a', 'b'] },
          parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }],
        },
      },
    ])
    expect(approximated.map(({ field }) => field)).toEqual([
      'messages[2].content[1]',
      'messages[2].content[2].signature',
      'messages[2].content[2]',
    ])
    const addressed = { ...answer, content: [{ type: 'image' as const, url: 'https://example.com/a.png' }] }
    const way = { messages: [...messages.slice(0, 2), addressed] }
    expect(printed(way).refused.map(({ field }) => field)).toEqual(['messages[2].content[0]'])
    expect(printed(way, { abilities: vertexAi }).refused).toEqual([])
  })

  it('are refused by name where Google has no word', () => {
    const content: readonly ChatPart[] = [
      { type: 'opaque', vendor: 'openai', kind: 'thing', data: {}, required: true },
      { type: 'opaque', vendor: 'openai', kind: 'thing', data: {} },
      { type: 'opaque', vendor: 'google', kind: 'thing', data: { thing: 1 } },
      {
        type: 'text',
        text: 'x',
        cacheMark: {},
        options: { openai: { a: 1 }, google: { partMetadata: { b: 1 } } },
      },
      { type: 'refusal', text: 'No' },
      call('1', 'look', { custom: true }),
      call('1', 'look', { arguments: '[1]' }),
      call('1', 'look', { arguments: ' ' }),
    ]
    const { body, refused, approximated } = printed(saying(content, 'assistant'))
    expect(refused.map(({ field }) => field)).toEqual([
      'messages[1].content[0]',
      'messages[1].content[5]',
      'messages[1].content[6].arguments',
    ])
    expect(approximated.map(({ field }) => field)).toEqual([
      'messages[1].content[1]',
      'messages[1].content[3].cacheMark',
      'messages[1].content[3].options.openai',
      'messages[1].content[4]',
    ])
    expect(body.contents[1].parts).toEqual([
      { thing: 1 },
      { partMetadata: { b: 1 }, text: 'x' },
      { text: 'No' },
      { functionCall: { id: '1', name: 'look', args: {} } },
    ])
  })

  it.each(['user', 'system', 'developer'] as const)(
    'have no calls and no thoughts in a message with the role %s',
    (role) => {
      const thought: ChatPart = { type: 'reasoning', text: 'Hm', signature: 'QUJD', signedBy: 'google' }
      const said: ChatPart = { type: 'text', text: 'x' }
      const { body, refused, approximated } = printed(saying([thought, call('1'), said], role))
      expect(refused).toEqual([
        { field: 'messages[1].content[1]', what: `a tool call in a message with the role ${role}` },
      ])
      expect(approximated.map(({ field }) => field)).toContain('messages[1].content[0]')
      expect(JSON.stringify(body)).not.toMatch(/functionCall|thought/)
      expect(printed(saying([thought], role)).body.contents).toEqual([
        { role: 'user', parts: [{ text: 'Hi' }] },
      ])
    },
  )

  it('are refused when nobody but the system speaks, or a tool answers that nobody called', () => {
    const system: ChatMessage = { role: 'system', content: [{ type: 'text', text: 'A' }] }
    expect(printed({ messages: [system] }).refused.map(({ field }) => field)).toEqual(['messages'])
    const answer: ChatMessage = { role: 'tool', toolCallId: 'x', content: [] }
    expect(printed({ messages: [...base.messages, answer] }).refused.map(({ field }) => field)).toEqual([
      'messages[1]',
    ])
  })
})

describe('settings', () => {
  it('stand where Google has them', () => {
    const { body, approximated, refused } = printed({
      maxOutputTokens: 10,
      choices: 2,
      temperature: 0.5,
      topP: 0.9,
      topK: 5,
      frequencyPenalty: 1,
      presencePenalty: -1,
      stop: ['a'],
      seed: -7,
      reasoningTokens: 100,
      toolChoice: { name: 'look' },
      tools: [
        { type: 'function', name: 'look', description: 'L', parameters: { type: 'object' } },
        {
          type: 'opaque',
          vendor: 'google',
          kind: 'googleSearch',
          data: { googleSearch: {} },
          required: true,
        },
      ],
      responseSchema: { name: 'cat', description: 'A cat', schema: { type: 'object' } },
    })
    expect([refused, approximated]).toEqual([[], []])
    const { contents: _, ...rest } = body
    expect(rest).toEqual({
      generationConfig: {
        maxOutputTokens: 10,
        candidateCount: 2,
        temperature: 0.5,
        topP: 0.9,
        topK: 5,
        frequencyPenalty: 1,
        presencePenalty: -1,
        stopSequences: ['a'],
        seed: -7,
        thinkingConfig: { thinkingBudget: 100, includeThoughts: true },
        responseMimeType: 'application/json',
        responseJsonSchema: { title: 'cat', description: 'A cat', type: 'object' },
      },
      tools: [
        {
          functionDeclarations: [
            { name: 'look', description: 'L', parametersJsonSchema: { type: 'object' } },
          ],
        },
        { googleSearch: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['look'] } },
    })
  })

  it.each([
    ['high', 'gemini-3-pro', { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    ['xhigh', 'gemini-3-pro', { thinkingLevel: 'HIGH', includeThoughts: true }, ['high']],
    ['none', 'gemini-3-pro', { thinkingLevel: 'MINIMAL' }, ['minimal']],
    ['none', 'gemini-2.5-flash', { thinkingBudget: 0 }, ['a budget of 0 tokens']],
    [
      'medium',
      'gemini-2.5-flash',
      { thinkingBudget: 8192, includeThoughts: true },
      ['a budget of 8192 tokens'],
    ],
    ['very', 'gemini-3-pro', undefined, ['left out']],
  ])('say the effort %s to %s', (reasoningEffort, model, thinkingConfig, told) => {
    const { body, approximated } = printed({ reasoningEffort, model })
    expect(body.generationConfig?.thinkingConfig).toEqual(thinkingConfig)
    expect(approximated).toEqual(told.map((what) => ({ field: 'reasoningEffort', what })))
  })

  it('are told when they become something else', () => {
    const { approximated, refused, body } = printed({
      temperature: 2.5,
      presencePenalty: -3,
      seed: 2 ** 40,
      endUser: 'ann',
      parallelToolCalls: true,
      reasoningEffort: 'low',
      reasoningTokens: 0,
      tools: [{ type: 'function', name: 'f', parameters: {}, strict: true, cacheMark: {} }],
      responseSchema: {
        name: 'a',
        strict: false,
        schema: { title: 'T', description: 'D' },
        description: 'E',
      },
    })
    expect(refused).toEqual([])
    expect(approximated.map(({ field, what }) => `${field}: ${what}`)).toEqual([
      'temperature: 2',
      'presencePenalty: -2',
      'seed: left out',
      'reasoningEffort: left out',
      'responseSchema.strict: true',
      'responseSchema.name: left out',
      'responseSchema.description: left out',
      'tools[0].strict: left out',
      'tools[0].cacheMark: left out',
      'endUser: left out',
    ])
    expect(body.generationConfig).toMatchObject({
      temperature: 2,
      presencePenalty: -2,
      thinkingConfig: { thinkingBudget: 0 },
    })
  })

  it('are refused when the answer would mean something else', () => {
    const { refused } = printed({
      stop: ['1', '2', '3', '4', '5', '6'],
      parallelToolCalls: false,
      toolChoice: { name: 'x', custom: true },
      tools: [
        { type: 'custom', name: 'x' },
        { type: 'opaque', vendor: 'openai', kind: 'search', data: {}, required: true },
      ],
      unread: [{ field: 'logit_bias' }, { field: 'metadata', hint: true }],
    })
    expect(refused.map(({ field }) => field)).toEqual([
      'logit_bias',
      'stop',
      'tools[0]',
      'tools[1]',
      'toolChoice',
      'parallelToolCalls',
    ])
    expect(() =>
      geminiContent.print({ ...base, parallelToolCalls: false }, { stream: false, vendor: 'google' }),
    ).toThrow("parallelToolCalls is false, which Gemini's generateContent cannot carry")
  })

  it('stand above the options of the request, which are put beside them', () => {
    const { body } = printed({
      maxOutputTokens: 5,
      options: {
        google: {
          safetySettings: [],
          generationConfig: { maxOutputTokens: 50, audioTimestamp: true },
          contents: 'x',
        },
      },
    })
    expect(body.generationConfig).toEqual({ maxOutputTokens: 5, audioTimestamp: true })
    expect([body.safetySettings, body.contents]).toEqual([[], [{ role: 'user', parts: [{ text: 'Hi' }] }]])
  })
})
