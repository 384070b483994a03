import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const user = { role: 'user', content: [{ text: 'Hi' }] }
const place = { model: 'public', stream: true }
const parse = (body: object): ChatRequest =>
  bedrockConverse.parse(JSON.stringify({ messages: [user], ...body }), place).request
const print = (request: ChatRequest): Record<string, unknown> =>
  JSON.parse(bedrockConverse.print(request, { stream: false, vendor: 'bedrock' }))
const contentOf = (...content: readonly object[]): unknown =>
  parse({ messages: [{ role: 'user', content }] }).messages[0]?.content

describe('a caller’s Converse request', () => {
  it('has its model and the wish for a stream in the path', () => {
    const text = JSON.stringify({ messages: [user] })
    expect(bedrockConverse.parse(text, place)).toMatchObject({
      stream: true,
      includeUsage: true,
      request: { model: 'public', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] },
    })
    expect(() => bedrockConverse.parse(text)).toThrow('the path is missing; write /model/MODEL/converse')
  })

  it('lists what the contract has no word for, and what of it is a hint', () => {
    const { unread } = parse({
      guardrailConfig: {},
      additionalModelRequestFields: { top_k: 5 },
      requestMetadata: { team: 'a' },
      serviceTier: { type: 'flex' },
      inferenceConfig: { maxTokens: 5, speed: 1 },
      toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }], toolChoice: { none: {} } },
      outputConfig: { textFormat: { type: 'grammar' } },
    })
    expect(unread).toEqual([
      { field: 'guardrailConfig' },
      { field: 'additionalModelRequestFields' },
      { field: 'requestMetadata', hint: true },
      { field: 'serviceTier', hint: true },
      { field: 'inferenceConfig.speed' },
      { field: 'toolConfig.toolChoice.none' },
      { field: 'outputConfig.textFormat.type' },
    ])
  })

  it('keeps what only Bedrock knows as options and parts of this vendor', () => {
    const guarded = { guardContent: { text: { text: 'a', qualifiers: ['query'] } } }
    const source = { bytes: 'AA==' }
    const blocks = [
      guarded,
      { guardContent: { image: { format: 'png', source } } },
      { document: { format: 'pdf', name: 'cats', source, citations: { enabled: true } } },
      { document: { name: 'notes', source: { text: 'Grüße' } } },
      { document: { name: 'list', source: { content: [{ text: 'a' }] } } },
      { citationsContent: { content: [{ text: 'a' }, { text: 'b' }], citations: [{ title: 't' }] } },
      { searchResult: { source: 's', title: 't', content: [{ text: 'a' }] } },
      { cachePoint: { type: 'default', ttl: '5m' } },
    ]
    expect(contentOf(...blocks)).toEqual([
      { type: 'text', text: 'a', options: { bedrock: { guardContent: { qualifiers: ['query'] } } } },
      { type: 'image', url: 'data:image/png;base64,AA==', options: { bedrock: { guardContent: {} } } },
      {
        type: 'file',
        url: 'data:application/pdf;base64,AA==',
        filename: 'cats.pdf',
        options: { bedrock: { citations: { enabled: true } } },
      },
      {
        type: 'file',
        url: `data:text/plain;base64,${Buffer.from('Grüße').toString('base64')}`,
        filename: 'notes',
      },
      { type: 'opaque', vendor: 'bedrock', kind: 'document', data: blocks[4], required: true },
      { type: 'text', text: 'ab', options: { bedrock: { citations: [{ title: 't' }] } } },
      {
        type: 'opaque',
        vendor: 'bedrock',
        kind: 'searchResult',
        data: blocks[6],
        required: true,
        cacheMark: { ttl: '5m' },
      },
    ])
    const read = parse({ messages: [{ role: 'user', content: blocks }] })
    const { messages } = print({ model: 'm', messages: read.messages }) as {
      messages: { content: unknown[] }[]
    }
    expect(messages[0]?.content).toEqual([
      ...blocks.slice(0, 3),
      {
        document: {
          format: 'txt',
          name: 'notes',
          source: { bytes: Buffer.from('Grüße').toString('base64') },
        },
      },
      blocks[4],
      { citationsContent: { content: [{ text: 'ab' }], citations: [{ title: 't' }] } },
      ...blocks.slice(6),
    ])
  })

  it('reads results of tools as messages of their own, and JSON in them as text', () => {
    const content = [
      { toolResult: { toolUseId: 'a', content: [{ json: { id: 1 } }], status: 'success' } },
      { toolResult: { toolUseId: 'b', content: [{ text: 'no' }], status: 'error' } },
      { text: 'So?' },
    ]
    const read = parse({ messages: [user, { role: 'user', content }] })
    expect(read.messages.slice(1)).toEqual([
      {
        role: 'tool',
        toolCallId: 'a',
        content: [{ type: 'text', text: '{"id":1}', options: { bedrock: { json: true } } }],
      },
      { role: 'tool', toolCallId: 'b', toolFailed: true, content: [{ type: 'text', text: 'no' }] },
      { role: 'user', content: [{ type: 'text', text: 'So?' }] },
    ])
    const edited = { ...read, messages: read.messages.map((message) => ({ ...message })) }
    expect(print(edited).messages).toEqual([user, { role: 'user', content }])
  })

  it('reads the mark of another vendor on thoughts that came back through this format', () => {
    const marked = Buffer.from('modelspine:openai:gAAA').toString('base64')
    const content = [
      { reasoningContent: { reasoningText: { text: 'a', signature: 'modelspine:google:sig' } } },
      { reasoningContent: { redactedContent: marked } },
      { reasoningContent: { redactedContent: 'AAEC' } },
      { toolUse: { toolUseId: 'c', name: 'server', input: {}, type: 'server_tool_use' } },
    ]
    const [, answer] = parse({ messages: [user, { role: 'assistant', content }] }).messages
    expect(answer?.content).toEqual([
      { type: 'reasoning', text: 'a', signature: 'sig', signedBy: 'google' },
      { type: 'reasoning', text: '', encrypted: 'gAAA', signedBy: 'openai' },
      { type: 'reasoning', text: '', encrypted: 'AAEC', signedBy: 'bedrock' },
      { type: 'opaque', vendor: 'bedrock', kind: 'toolUse', data: content[3], required: true },
    ])
  })

  it.each([
    [{ messages: {} }, 'messages is an object; write a list of messages'],
    [{ messages: [{ role: 'tool', content: [] }] }, 'messages[0].role is "tool"; write user or assistant'],
    [{ messages: [{ role: 'user', content: 'Hi' }] }, 'messages[0].content is "Hi"; write a list of blocks'],
    [
      { messages: [{ role: 'user', content: [{ text: 1 }] }] },
      'messages[0].content[0].text is 1; write a string',
    ],
    [
      { messages: [{ role: 'user', content: [{ text: 'a', image: {} }] }] },
      'messages[0].content[0] is an object; write an object with one member, such as text',
    ],
    [
      { messages: [{ role: 'user', content: [{ toolResult: { content: [] } }] }] },
      'messages[0].content[0].toolResult.toolUseId is missing; write a string',
    ],
    [
      { inferenceConfig: { maxTokens: 0 } },
      'inferenceConfig.maxTokens is 0; write a whole number of at least 1',
    ],
    [
      { inferenceConfig: { stopSequences: 'a' } },
      'inferenceConfig.stopSequences is "a"; write a list of strings',
    ],
    [
      { toolConfig: { tools: [{ toolSpec: { name: 'a' } }] } },
      'toolConfig.tools[0].toolSpec.inputSchema is missing',
    ],
    [
      { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '[' } } } } },
      'outputConfig.textFormat.structure.jsonSchema.schema is "["; write a JSON Schema as a text',
    ],
  ])('is refused with the field for %j', (body, message) => {
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(message) }),
    )
  })
})

describe('a Converse request that is passed on', () => {
  const text = `{ "messages" : [ {"role":"user","content":[{"text":"One" }]}, {"content":[{"text":"two"} ],"role":"assistant"},
    {"role":"user","content":[{"text":"three"}]} ], "system":[{"text":"Be brief"} ],
    "inferenceConfig":{"maxTokens": 1e1,"topP":0.5}, "additionalModelRequestFields":{"seed":9223372036854775807},
    "toolConfig":{"tools":[{"toolSpec":{"name":"look","inputSchema":{"json":{ }}}}]},"x_new":[1.0] }`
  const read = bedrockConverse.parse(text, place).request
  const printed = (request: ChatRequest): string =>
    bedrockConverse.print(request, { stream: false, vendor: 'bedrock' })

  it('stays as it is', () => {
    expect(printed({ ...read, model: 'm' })).toBe(text)
  })

  it('has what was edited, and nothing else', () => {
    expect(printed({ ...read, topP: 0.25 })).toBe(text.replace('"topP":0.5', '"topP":0.25'))
    const { temperature: _none, topP: _gone, ...without } = read
    expect(printed(without)).toBe(text.replace(',"topP":0.5', ''))
    expect(printed({ ...read, topK: 5, model: 'us.anthropic.claude-x' })).toBe(
      text.replace('9223372036854775807}', '9223372036854775807,"top_k":5}'),
    )
    expect(printed({ ...read, options: { bedrock: { serviceTier: { type: 'flex' }, messages: [] } } })).toBe(
      text.replace('[1.0]', '[1.0],"serviceTier":{"type":"flex"}'),
    )
    expect(printed({ ...read, toolChoice: 'required' })).toContain('"toolChoice":{"any":{}}')
    expect(printed({ ...read, responseSchema: { name: 'a', schema: {} } })).toContain(
      '"outputConfig":{"textFormat":',
    )
  })

  it('keeps messages that nobody edited, wherever they stand', () => {
    const [system, one, , three] = read.messages
    if (system === undefined || one === undefined || three === undefined) throw new Error('not read')
    expect(printed({ ...read, messages: [system, one, three] })).toContain(
      '"messages" : [{"role":"user","content":[{"text":"One" },{"text":"three"}]}]',
    )
    const next = { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'four' }] }
    expect(printed({ ...read, messages: [...read.messages, next] })).toContain(
      '{"content":[{"text":"two"} ],"role":"assistant"},{"role":"user","content":[{"text":"three"}]},{"role":"assistant","content":[{"text":"four"}]}]',
    )
    expect(printed({ ...read, messages: read.messages.slice(1) })).not.toContain('system')
  })

  it('still refuses an edit that Converse cannot say', () => {
    expect(() => printed({ ...read, choices: 3 })).toThrow('choices')
  })
})
