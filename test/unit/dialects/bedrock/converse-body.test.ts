import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { ListingCarriage, type Loss } from '../../../../src/dialects/carriage.ts'
import type { CacheMark, ChatMessage, ChatPart, ChatRequest } from '../../../../src/provider/contract.ts'

const user: ChatMessage = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const plain: ChatRequest = { model: 'amazon.nova-pro-v1:0', messages: [user] }
const claude = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const looking = { type: 'function', name: 'look', parameters: { type: 'object' } } as const

interface Printed {
  readonly body: Record<string, unknown>
  readonly refused: readonly Loss[]
  readonly approximated: readonly Loss[]
}

function print(request: Partial<ChatRequest>): Printed {
  const carriage = new ListingCarriage('Converse')
  const text = bedrockConverse.print({ ...plain, ...request }, { stream: false, vendor: 'bedrock', carriage })
  return { body: JSON.parse(text), refused: carriage.refused, approximated: carriage.approximated }
}

const said = (content: readonly ChatPart[], role: ChatMessage['role'] = 'user'): Printed =>
  print({ messages: [user, { role, content, ...(role === 'tool' && { toolCallId: 'c' }) }] })
const blocksOf = ({ body }: Printed): unknown =>
  (body.messages as { content: unknown }[]).flatMap(({ content }) => content).slice(1)

describe('the body of a Converse request', () => {
  it('says the settings where Converse has them, and the model nowhere', () => {
    const { body, refused, approximated } = print({
      maxOutputTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      stop: ['END'],
      tools: [{ ...looking, description: 'Looks', strict: true, cacheMark: { ttl: '1h' } }],
      toolChoice: { name: 'look' },
      reasoningEffort: 'xhigh',
      responseSchema: { name: 'cat', schema: { type: 'object' } },
      options: { bedrock: { guardrailConfig: { guardrailIdentifier: 'g' }, inferenceConfig: { topP: 0.1 } } },
    })
    expect([refused, approximated]).toEqual([[], []])
    expect(body).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { maxTokens: 5, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'look',
              description: 'Looks',
              inputSchema: { json: { type: 'object' } },
              strict: true,
            },
          },
          { cachePoint: { type: 'default', ttl: '1h' } },
        ],
        toolChoice: { tool: { name: 'look' } },
      },
      outputConfig: {
        effort: 'xhigh',
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'cat', schema: '{"type":"object"}' } },
        },
      },
      guardrailConfig: { guardrailIdentifier: 'g' },
    })
  })

  it('says what Anthropic’s models call topK and a budget to think with, where the name tells that it is one', () => {
    expect(print({ model: claude, topK: 5, reasoningTokens: 2000 })).toMatchObject({
      body: {
        additionalModelRequestFields: { top_k: 5, thinking: { type: 'enabled', budget_tokens: 2000 } },
      },
      approximated: [],
    })
    expect(print({ model: claude, reasoningTokens: 0 }).body).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'disabled' } },
    })
  })

  it.each<[string, Partial<ChatRequest>, string]>([
    ['several answers', { choices: 2 }, 'choices'],
    ['JSON without a schema', { responseFormat: 'json' }, 'responseFormat'],
    ['one tool at a time', { parallelToolCalls: false, tools: [looking] }, 'parallelToolCalls'],
    ['a custom tool', { tools: [{ type: 'custom', name: 'sql' }] }, 'tools[0]'],
    ['a custom tool’s choice', { tools: [looking], toolChoice: { name: 'sql', custom: true } }, 'toolChoice'],
    ['a choice without tools', { toolChoice: 'required' }, 'toolChoice'],
    [
      'a required tool of another vendor',
      { tools: [{ type: 'opaque', vendor: 'openai', kind: 'web', data: {}, required: true }] },
      'tools[0]',
    ],
    [
      'no calls in a conversation with calls',
      {
        tools: [looking],
        toolChoice: 'none',
        messages: [
          user,
          { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'look', arguments: '' }] },
        ],
      },
      'toolChoice',
    ],
    ['what only the caller’s format says', { unread: [{ field: 'logit_bias' }] }, 'logit_bias'],
  ])('refuses %s by its name', (_what, request, field) => {
    expect(print(request).refused.map((loss) => loss.field)).toEqual([field])
  })

  it.each<[string, ChatPart, ChatMessage['role']]>([
    ['an image by its address', { type: 'image', url: 'https://example.com/a.png' }, 'user'],
    ['an image by the id of a file', { type: 'image', fileId: 'f' }, 'user'],
    ['an image in a format that Bedrock lacks', { type: 'image', url: 'data:image/bmp;base64,AA==' }, 'user'],
    [
      'a file in a format that Bedrock lacks',
      { type: 'file', url: 'data:application/zip;base64,AA==' },
      'user',
    ],
    ['an image of the assistant', { type: 'image', url: 'data:image/png;base64,AA==' }, 'assistant'],
    ['an image of the system', { type: 'image', url: 'data:image/png;base64,AA==' }, 'system'],
    ['audio in a result', { type: 'audio', url: 'data:audio/wav;base64,AA==' }, 'tool'],
    [
      'a call of a custom tool',
      { type: 'tool-call', id: 'c', name: 'q', arguments: 'x', custom: true },
      'assistant',
    ],
    [
      'a call whose arguments are no JSON',
      { type: 'tool-call', id: 'c', name: 'q', arguments: '{' },
      'assistant',
    ],
    ['a call of the user', { type: 'tool-call', id: 'c', name: 'q', arguments: '{}' }, 'user'],
    [
      'a required part of another vendor',
      { type: 'opaque', vendor: 'x', kind: 'y', data: {}, required: true },
      'user',
    ],
  ])('refuses %s by its place', (_what, part, role) => {
    expect(said([part], role).refused.map(({ field }) => field)).toEqual(['messages[1].content[0]'])
  })

  it.each<[string, Partial<ChatRequest>, readonly Loss[]]>([
    ['a temperature above the range', { temperature: 1.5 }, [{ field: 'temperature', what: '1' }]],
    ['topK of unknown models', { topK: 5 }, [{ field: 'topK', what: 'left out' }]],
    [
      'seed, penalties and the end user',
      { seed: 1, frequencyPenalty: 1, presencePenalty: 1, endUser: 'u' },
      ['seed', 'frequencyPenalty', 'presencePenalty', 'endUser'].map((field) => ({
        field,
        what: 'left out',
      })),
    ],
    [
      'a budget to think with',
      { reasoningTokens: 4000 },
      [{ field: 'reasoningTokens', what: 'the effort "medium"' }],
    ],
    ['no thinking', { reasoningTokens: 0 }, [{ field: 'reasoningTokens', what: 'left out' }]],
    ['a lesser effort', { reasoningEffort: 'minimal' }, [{ field: 'reasoningEffort', what: '"low"' }]],
    ['an unknown effort', { reasoningEffort: 'none' }, [{ field: 'reasoningEffort', what: 'left out' }]],
    [
      'no calls in a conversation without calls',
      { tools: [looking], toolChoice: 'none' },
      [
        { field: 'toolChoice', what: 'said by leaving out the tools' },
        { field: 'tools[0]', what: 'left out' },
      ],
    ],
    [
      'a schema that need not be kept',
      { responseSchema: { name: 'a', schema: {}, strict: false } },
      [{ field: 'responseSchema.strict', what: 'true' }],
    ],
    [
      'a hint of the caller’s format',
      { unread: [{ field: 'store', hint: true }] },
      [{ field: 'store', what: 'left out' }],
    ],
  ])('tells what becomes of %s', (_what, request, losses) => {
    expect(print(request)).toMatchObject({ refused: [], approximated: losses })
  })

  it.each<[string, ChatPart, unknown, readonly string[]]>([
    ['a refusal', { type: 'refusal', text: 'No' }, [{ text: 'No' }], ['']],
    [
      'a thought that another vendor signed',
      { type: 'reasoning', text: 'a', signature: 's', signedBy: 'google' },
      [],
      [''],
    ],
    [
      'a thought that Anthropic signed',
      { type: 'reasoning', text: 'a', signature: 's', signedBy: 'anthropic' },
      [{ reasoningContent: { reasoningText: { text: 'a', signature: 's' } } }],
      [],
    ],
    [
      'a thought that nobody signed',
      { type: 'reasoning', text: 'a' },
      [{ reasoningContent: { reasoningText: { text: 'a' } } }],
      [],
    ],
    [
      'a signature on a text',
      { type: 'text', text: 'a', signature: 's', signedBy: 'google' },
      [{ text: 'a' }],
      ['.signature'],
    ],
    ['a part of another vendor', { type: 'opaque', vendor: 'x', kind: 'y', data: {} }, [], ['']],
    [
      'options of another vendor',
      { type: 'text', text: 'a', options: { x: {} } },
      [{ text: 'a' }],
      ['.options.x'],
    ],
    [
      'a mark for an unknown time',
      { type: 'text', text: 'a', cacheMark: { ttl: '24h' } },
      [{ text: 'a' }, { cachePoint: { type: 'default' } }],
      ['.cacheMark.ttl'],
    ],
    [
      'an id that Bedrock refuses',
      { type: 'tool-call', id: 'a/b', name: 'q', arguments: '{}' },
      [{ toolUse: { toolUseId: 'call_c14cddc033f64b9dea80ea675cf280a0', name: 'q', input: {} } }],
      ['.id'],
    ],
  ])('says %s of the assistant as it can', (_what, part, blocks, fields) => {
    const printed = said([part], 'assistant')
    expect(blocksOf(printed)).toEqual(blocks)
    expect(printed.approximated.map(({ field }) => field)).toEqual(
      fields.map((end) => `messages[1].content[0]${end}`),
    )
  })

  it('marks a tool’s result as a whole, and tells of each mark in it that moves or is lost', () => {
    const text = (cacheMark?: CacheMark): ChatPart => ({
      type: 'text',
      text: 'a',
      ...(cacheMark && { cacheMark }),
    })
    const printed = said([text({ ttl: '1h' }), text({ ttl: '5m' }), text()], 'tool')
    expect(blocksOf(printed)).toMatchObject([
      { toolResult: { toolUseId: 'c' } },
      { cachePoint: { type: 'default', ttl: '5m' } },
    ])
    expect(printed.approximated).toEqual([
      { field: 'messages[1].content[0].cacheMark', what: 'left out' },
      { field: 'messages[1].content[1].cacheMark', what: 'behind the whole result' },
    ])
  })

  it.each<[string, ChatMessage['role'], ChatPart, unknown, readonly string[]]>([
    [
      'a text',
      'user',
      { type: 'text', text: 'a', options: { bedrock: { color: 'red', json: true } } },
      { text: 'a' },
      ['json', 'color'],
    ],
    [
      'a guarded text with sources',
      'user',
      { type: 'text', text: 'a', options: { bedrock: { guardContent: {}, citations: [] } } },
      { guardContent: { text: { text: 'a' } } },
      ['citations'],
    ],
    [
      'what a tool answered',
      'tool',
      { type: 'text', text: 'a', options: { bedrock: { guardContent: {}, citations: [] } } },
      { toolResult: { toolUseId: 'c', content: [{ text: 'a' }] } },
      ['guardContent', 'citations'],
    ],
    [
      'JSON that a tool answered',
      'tool',
      { type: 'text', text: '[1]', options: { bedrock: { json: true, color: 'red' } } },
      { toolResult: { toolUseId: 'c', content: [{ json: [1] }] } },
      ['color'],
    ],
    [
      'an image that a tool answered',
      'tool',
      { type: 'image', url: 'data:image/png;base64,AA==', options: { bedrock: { guardContent: {} } } },
      { toolResult: { toolUseId: 'c', content: [{ image: { format: 'png', source: { bytes: 'AA==' } } }] } },
      ['guardContent'],
    ],
    [
      'an image that stands in no bucket',
      'user',
      { type: 'image', url: 'data:image/png;base64,AA==', options: { bedrock: { bucketOwner: '1' } } },
      { image: { format: 'png', source: { bytes: 'AA==' } } },
      ['bucketOwner'],
    ],
  ])('tells which of Bedrock’s own options have no place in %s', (_what, role, part, block, names) => {
    const printed = said([part], role)
    expect(blocksOf(printed)).toEqual([block])
    expect(printed.approximated).toEqual(
      names.map((name) => ({ field: `messages[1].content[0].options.bedrock.${name}`, what: 'left out' })),
    )
  })

  it('tells which options of a message the list of the system has no place for', () => {
    const { approximated } = print({
      messages: [{ role: 'system', content: [], options: { bedrock: { color: 'red' } } }, user],
    })
    expect(approximated).toEqual([{ field: 'messages[0].options.bedrock.color', what: 'left out' }])
  })

  it('leaves out thoughts that nobody signed for Anthropic’s models, which refuse them', () => {
    const messages: ChatMessage[] = [user, { role: 'assistant', content: [{ type: 'reasoning', text: 'a' }] }]
    const { approximated } = print({ model: claude, messages })
    expect(approximated).toEqual([{ field: 'messages[1].content[0]', what: 'left out' }])
  })

  it('names documents as Bedrock takes it', () => {
    const file = { type: 'file', url: 'data:application/pdf;base64,AA==' } as const
    const source = { bytes: 'AA==' }
    const printed = said([{ ...file, filename: 'Q3 report.pdf' }, { ...file, filename: 'a_b.pdf' }, file])
    expect(blocksOf(printed)).toEqual([
      { document: { format: 'pdf', name: 'Q3 report', source } },
      { document: { format: 'pdf', name: 'a-b', source } },
      { document: { format: 'pdf', name: 'messages-1-content-2', source } },
    ])
    expect(printed.approximated).toEqual([
      { field: 'messages[1].content[1].filename', what: '"a-b"' },
      { field: 'messages[1].content[2].filename', what: 'made up' },
    ])
  })

  it('gives two documents of one name different names, wherever they stand', () => {
    const file = { type: 'file', url: 'data:application/pdf;base64,AA==' } as const
    const long = 'x'.repeat(230)
    const names = ['a.b.pdf', 'A_b.pdf', 'a-b (2).pdf', `${long}.pdf`, `${long}y.pdf`]
    const { body, approximated } = print({
      messages: [
        { role: 'user', content: names.map((filename) => ({ ...file, filename })) },
        { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'q', arguments: '{}' }] },
        { role: 'tool', toolCallId: 'c', content: [{ ...file, filename: 'a-b.pdf' }] },
      ],
    })
    const written = [...JSON.stringify(body).matchAll(/"name":"([^"]*)","source"/g)].map(([, name]) => name)
    const cut = 'x'.repeat(200)
    expect(written).toEqual(['a-b', 'A-b (2)', 'a-b (2) (2)', cut, `${cut.slice(4)} (2)`, 'a-b (3)'])
    expect(approximated.map(({ what }) => what)).toEqual(written.map((name) => `"${name}"`))
  })

  it('takes videos, and the type of an object of S3 by its ending', () => {
    const printed = said([
      { type: 'file', url: 'data:video/quicktime;base64,AA==' },
      { type: 'image', url: 's3://bucket/cat.jpg', options: { bedrock: { bucketOwner: '123456789012' } } },
      { type: 'audio', url: 's3://bucket/cat.mp3' },
      { type: 'file', url: 's3://bucket/cats.csv', filename: 'cats.csv' },
    ])
    expect(blocksOf(printed)).toEqual([
      { video: { format: 'mov', source: { bytes: 'AA==' } } },
      {
        image: {
          format: 'jpeg',
          source: { s3Location: { uri: 's3://bucket/cat.jpg', bucketOwner: '123456789012' } },
        },
      },
      { audio: { format: 'mp3', source: { s3Location: { uri: 's3://bucket/cat.mp3' } } } },
      { document: { format: 'csv', name: 'cats', source: { s3Location: { uri: 's3://bucket/cats.csv' } } } },
    ])
    expect([printed.refused, printed.approximated]).toEqual([[], []])
  })

  it('joins neighbours of one role, keeps the system apart, and says one in the middle as a message', () => {
    const system = (text: string): ChatMessage => ({ role: 'developer', content: [{ type: 'text', text }] })
    const { body } = print({
      messages: [
        system('one'),
        { ...system('two'), role: 'system' },
        user,
        user,
        { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'q', arguments: ' ' }] },
        {
          role: 'tool',
          toolCallId: 'c',
          toolFailed: true,
          content: [{ type: 'text', text: 'no', cacheMark: {} }],
        },
        user,
        system('three'),
        { role: 'assistant', content: [{ type: 'text', text: '' }] },
      ],
    })
    expect(body).toEqual({
      system: [{ text: 'one' }, { text: 'two' }],
      messages: [
        { role: 'user', content: [{ text: 'Hi' }, { text: 'Hi' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'c', name: 'q', input: {} } }] },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'c', status: 'error', content: [{ text: 'no' }] } },
            { cachePoint: { type: 'default' } },
            { text: 'Hi' },
          ],
        },
        { role: 'system', content: [{ text: 'three' }] },
      ],
    })
  })

  it('gives an id that Bedrock refuses another form, the same in the call and in its result', () => {
    const long = 'call/'.repeat(20)
    const { body, approximated } = print({
      messages: [
        user,
        { role: 'assistant', content: [{ type: 'tool-call', id: long, name: 'q', arguments: '{}' }] },
        { role: 'tool', toolCallId: long, content: [] },
      ],
    })
    const ids = [...JSON.stringify(body).matchAll(/"toolUseId":"([^"]*)"/g)].map(([, id]) => id)
    expect(ids).toEqual([ids[1], expect.stringMatching(/^call_[0-9a-f]{32}$/)])
    expect(approximated.map(({ field }) => field)).toEqual([
      'messages[1].content[0].id',
      'messages[2].toolCallId',
    ])
  })

  it('keeps the arguments of a tool call as they were written', () => {
    const text = '{"id": 9223372036854775807}'
    const messages: ChatMessage[] = [
      user,
      { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'q', arguments: text }] },
    ]
    const body = bedrockConverse.print({ ...plain, messages }, { stream: false, vendor: 'bedrock' })
    expect(body).toContain(`"input":${text}`)
    const [, read] = bedrockConverse.parse(body, { model: 'm', stream: false }).request.messages
    expect(read?.content).toEqual([{ type: 'tool-call', id: 'c', name: 'q', arguments: text }])
  })

  it('throws unsupported with the field, before anything is sent', () => {
    const print = (): string =>
      bedrockConverse.print({ ...plain, choices: 2 }, { stream: false, vendor: 'bedrock' })
    expect(print).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message:
          "choices is a wish for 2 answers, which Bedrock's Converse cannot carry; ask for one, or route to another upstream",
      }),
    )
  })
})
