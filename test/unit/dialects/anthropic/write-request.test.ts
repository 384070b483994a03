import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import type { AnthropicPrinting } from '../../../../src/dialects/anthropic/request/write-request.ts'
import { ListingCarriage, type Loss } from '../../../../src/dialects/carriage.ts'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import type { ChatMessage, ChatPart, ChatRequest } from '../../../../src/provider/contract.ts'
import { wholeRequest } from './samples.ts'

interface Printed {
  readonly body: Record<string, unknown> & { readonly messages: readonly Record<string, unknown>[] }
  readonly text: string
  readonly refused: readonly Loss[]
  readonly approximated: readonly Loss[]
}

function print(request: ChatRequest, more: Partial<AnthropicPrinting> = {}): Printed {
  const carriage = new ListingCarriage('a')
  const text = anthropicMessages.print(request, { stream: false, vendor: 'anthropic', carriage, ...more })
  return { body: JSON.parse(text), text, refused: carriage.refused, approximated: carriage.approximated }
}

const user: ChatMessage = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const asking = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'm',
  messages: [user],
  maxOutputTokens: 9000,
  ...more,
})
const saying = (role: ChatMessage['role'], ...content: readonly ChatPart[]): ChatRequest =>
  asking({ messages: [user, { role, content, ...(role === 'tool' && { toolCallId: 'a' }) }] })

describe('a request of no format, in Anthropic’s', () => {
  it('says all that the format can say, and reads the same again', () => {
    const { text, refused, approximated } = print(wholeRequest)
    expect([refused, approximated]).toEqual([[], []])
    const { native, ...read } = anthropicMessages.parse(text).request
    expect(read).toEqual(wholeRequest)
    expect(text).toContain('12345678901234567890')
  })

  it('puts instructions apart, and joins what one role says', () => {
    const { body } = print(wholeRequest)
    expect(body.system).toEqual([
      { type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ])
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(body.messages.at(-1)?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'call-1', cache_control: { type: 'ephemeral', ttl: '5m' } },
      { type: 'tool_result', tool_use_id: 'call-2', is_error: true, content: 'no' },
      { type: 'text', text: 'Sure?' },
    ])
  })

  it('asks for a stream only where one is wanted, and always has a limit', () => {
    const bare = { model: 'm', messages: [user] }
    const { body, approximated } = print(bare)
    expect(body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 16_384 })
    expect(approximated).toEqual([{ field: 'maxOutputTokens', what: '16384' }])
    expect(print(bare, { stream: true, maxTokens: 7 }).body).toMatchObject({
      stream: true,
      max_tokens: 7,
    })
    expect(print({ ...bare, reasoningTokens: 2000 }).body.max_tokens).toBe(18_384)
  })

  it('sends the options of its vendor, except for those that are headers, and none of another', () => {
    const options = { anthropic: { service_tier: 'auto', model: 'x', betas: ['b'] }, openai: { y: 1 } }
    expect(print(asking({ options })).body).toEqual({
      service_tier: 'auto',
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 9000,
    })
  })

  it('writes ids of calls in the characters that the vendor takes', () => {
    const call = { type: 'tool-call', id: 'look:0', name: 'look', arguments: ' ' } as const
    const result: ChatMessage = { role: 'tool', toolCallId: 'look:0', content: [] }
    const messages = [user, { role: 'assistant', content: [call] } as const, result]
    expect(print(asking({ messages })).body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'look_3a_0', name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'look_3a_0' }] },
    ])
  })

  it('leaves out empty texts, which the vendor refuses', () => {
    const empty = { type: 'text', text: '' } as const
    const call = { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' } as const
    const { body, approximated } = print(saying('assistant', empty, call))
    expect(body.messages[1]?.content).toHaveLength(1)
    expect(approximated).toEqual([])
  })

  it('says a choice of a tool only where there are tools or one must be called', () => {
    const tools = wholeRequest.tools ?? []
    const choiceOf = (more: Partial<ChatRequest>): unknown => print(asking(more)).body.tool_choice
    expect(choiceOf({ parallelToolCalls: false })).toBeUndefined()
    expect(choiceOf({ toolChoice: 'none' })).toBeUndefined()
    expect(choiceOf({ tools })).toBeUndefined()
    expect(choiceOf({ tools, toolChoice: 'none', parallelToolCalls: false })).toEqual({ type: 'none' })
    expect(choiceOf({ tools, parallelToolCalls: false })).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    })
    expect(choiceOf({ toolChoice: 'required' })).toEqual({ type: 'any' })
    expect(choiceOf({ tools, toolChoice: { name: 'f' }, parallelToolCalls: true })).toEqual({
      type: 'tool',
      name: 'f',
      disable_parallel_tool_use: false,
    })
  })

  const audio = { type: 'audio', url: 'data:audio/wav;base64,AA==' } as const
  const cat = { type: 'image', url: 'https://example.com/cat.png' } as const
  const fileOf = (url: string): ChatPart => ({ type: 'file', url })
  const callOf = (text: string): ChatPart => ({ type: 'tool-call', id: 'a', name: 'f', arguments: text })
  it.each<[string, ChatRequest, string]>([
    ['choices', asking({ choices: 2 }), 'choices'],
    ['JSON of any form', asking({ responseFormat: 'json' }), 'responseFormat'],
    ['a blank stop', asking({ stop: ['a', ' \n'] }), 'stop'],
    ['audio', saying('user', audio), 'messages[1].content[0]'],
    ['an image of the assistant', saying('assistant', cat), 'messages[1].content[0]'],
    [
      'an image among instructions',
      asking({ messages: [{ role: 'system', content: [cat] }, user] }),
      'messages[0].content[0]',
    ],
    [
      'an image of another type',
      saying('user', { type: 'image', url: 'data:image/bmp;base64,AA==' }),
      'messages[1].content[0]',
    ],
    ['an image in a bucket', saying('user', { type: 'image', url: 's3://b/k' }), 'messages[1].content[0]'],
    [
      'a file of another type',
      saying('user', fileOf('data:application/zip;base64,AA==')),
      'messages[1].content[0]',
    ],
    [
      'a text that is no UTF-8',
      saying('user', fileOf('data:text/plain;base64,/w==')),
      'messages[1].content[0]',
    ],
    ['arguments that are no object', saying('assistant', callOf('[1]')), 'messages[1].content[0]'],
    ['broken arguments', saying('assistant', callOf('{"a":')), 'messages[1].content[0]'],
    ['a call by the user', saying('user', callOf('{}')), 'messages[1].content[0]'],
    ['thoughts of the user', saying('user', { type: 'reasoning', text: 'x' }), 'messages[1].content[0]'],
    [
      'a call of a custom tool',
      saying('assistant', { type: 'tool-call', id: 'a', name: 'f', arguments: '', custom: true }),
      'messages[1].content[0]',
    ],
    ['a custom tool', asking({ tools: [{ type: 'custom', name: 'f' }] }), 'tools[0]'],
    ['a custom choice', asking({ toolChoice: { name: 'f', custom: true } }), 'toolChoice'],
    [
      'a required tool of another vendor',
      asking({ tools: [{ type: 'opaque', vendor: 'x', kind: 'k', data: {}, required: true }] }),
      'tools[0]',
    ],
    [
      'a required part of another vendor',
      saying('user', { type: 'opaque', vendor: 'x', kind: 'k', data: {}, required: true }),
      'messages[1].content[0]',
    ],
    [
      'a result without its call',
      asking({ messages: [{ role: 'tool', content: [] }, user] }),
      'messages[0].toolCallId',
    ],
    ['a field of another format', asking({ unread: [{ field: 'logit_bias' }] }), 'logit_bias'],
  ])('refuses %s by its place', (_what, request, field) => {
    expect(print(request).refused.map((loss) => loss.field)).toEqual([field])
    expect(() => anthropicMessages.print(request, { stream: false, vendor: 'anthropic' })).toThrow(
      /Anthropic's messages cannot carry/,
    )
  })

  const foreign = { signature: 's', signedBy: 'google' } as const
  it.each<[string, ChatRequest, readonly Loss[]]>([
    ['a high temperature', asking({ temperature: 1.5 }), [{ field: 'temperature', what: '1' }]],
    ['a seed', asking({ seed: 1 }), [{ field: 'seed', what: 'left out' }]],
    [
      'penalties',
      asking({ frequencyPenalty: 1, presencePenalty: 0 }),
      [{ field: 'frequencyPenalty', what: 'left out' }],
    ],
    [
      'a detail',
      saying('user', { ...cat, detail: 'low' }),
      [{ field: 'messages[1].content[0].detail', what: 'left out' }],
    ],
    [
      'a name',
      asking({ messages: [{ ...user, name: 'Ada' }] }),
      [{ field: 'messages[0].name', what: 'left out' }],
    ],
    [
      'a refusal',
      saying('assistant', { type: 'refusal', text: 'No' }),
      [{ field: 'messages[1].content[0]', what: 'written as a text' }],
    ],
    [
      'unsigned thoughts',
      saying('assistant', { type: 'reasoning', text: 'x' }),
      [{ field: 'messages[1].content[0]', what: 'left out' }],
    ],
    [
      'thoughts of another vendor',
      saying('assistant', { type: 'reasoning', text: 'x', ...foreign }),
      [{ field: 'messages[1].content[0]', what: 'left out' }],
    ],
    [
      'a signed call',
      saying('assistant', { ...callOf('{}'), ...foreign } as ChatPart),
      [{ field: 'messages[1].content[0].signature', what: 'left out' }],
    ],
    [
      'an optional part',
      saying('user', user.content[0] as ChatPart, { type: 'opaque', vendor: 'x', kind: 'k', data: {} }),
      [{ field: 'messages[1].content[1]', what: 'left out' }],
    ],
    [
      'options of another vendor',
      asking({ messages: [{ ...user, options: { x: {} } }] }),
      [{ field: 'messages[0].options', what: 'left out' }],
    ],
    [
      'a mark for a day',
      saying('user', { type: 'text', text: 'a', cacheMark: { ttl: '24h' } }),
      [{ field: 'messages[1].content[0].cacheMark', what: 'kept for five minutes' }],
    ],
    [
      'text of another type',
      saying('user', fileOf('data:text/csv,a%2Cb')),
      [{ field: 'messages[1].content[0].mediaType', what: 'text/plain' }],
    ],
    [
      'instructions in the middle',
      asking({ messages: [user, { ...user, role: 'system' }] }),
      [{ field: 'messages[1]', what: 'moved to the head' }],
    ],
    [
      'a looser schema',
      asking({ responseSchema: { name: 'a', schema: {}, strict: false, description: 'd' } }),
      [
        { field: 'responseSchema.description', what: 'left out' },
        { field: 'responseSchema.strict', what: 'true' },
      ],
    ],
    [
      'parallel calls of no tools',
      asking({ tools: wholeRequest.tools ?? [], toolChoice: 'none', parallelToolCalls: false }),
      [{ field: 'parallelToolCalls', what: 'left out' }],
    ],
    ['a small budget', asking({ reasoningTokens: 10 }), [{ field: 'reasoningTokens', what: '1024' }]],
    [
      'a budget beyond the limit',
      asking({ reasoningTokens: 5000, maxOutputTokens: 3000 }),
      [{ field: 'reasoningTokens', what: '2999' }],
    ],
    [
      'a budget without room',
      asking({ reasoningTokens: 500, maxOutputTokens: 600 }),
      [{ field: 'reasoningTokens', what: 'left out' }],
    ],
    [
      'a budget beside a forced tool',
      asking({ reasoningTokens: 2000, toolChoice: 'required' }),
      [{ field: 'reasoningTokens', what: 'left out' }],
    ],
    [
      'sampling while thinking',
      asking({ reasoningTokens: 2000, temperature: 0, topP: 0.5, topK: 3 }),
      [
        { field: 'temperature', what: 'left out' },
        { field: 'topP', what: 'left out' },
        { field: 'topK', what: 'left out' },
      ],
    ],
    ['little effort', asking({ reasoningEffort: 'minimal' }), [{ field: 'reasoningEffort', what: 'low' }]],
    [
      'an unknown effort',
      asking({ reasoningEffort: 'huge' }),
      [{ field: 'reasoningEffort', what: 'left out' }],
    ],
    ['a hint', asking({ unread: [{ field: 'store', hint: true }] }), [{ field: 'store', what: 'left out' }]],
  ])('tells what becomes of %s', (_what, request, losses) => {
    const { approximated, refused } = print(request)
    expect([approximated, refused]).toEqual([losses, []])
  })

  it('writes no thinking for no effort, and what is left of a request whose thoughts are left out', () => {
    expect(print(asking({ reasoningEffort: 'none' })).body.thinking).toEqual({ type: 'disabled' })
    expect(print(saying('assistant', { type: 'reasoning', text: 'x' })).body.messages).toHaveLength(1)
    const byBedrock = { type: 'reasoning', text: 'x', signature: 's', signedBy: 'bedrock' } as const
    expect(print(saying('assistant', byBedrock)).body.messages[1]?.content).toEqual([
      { type: 'thinking', thinking: 'x', signature: 's' },
    ])
  })

  it('refuses the id of a file that another vendor keeps', () => {
    const file = { type: 'file', file: { file_id: 'file-1' } }
    const { request } = openaiChat.parse(
      JSON.stringify({ model: 'm', messages: [{ role: 'user', content: [file] }] }),
    )
    expect(print(request).refused[0]).toMatchObject({ field: 'messages[0].content[0]' })
  })

  it('throws for a refusal where nobody lists it', () => {
    expect(() =>
      anthropicMessages.print(asking({ choices: 2 }), { stream: false, vendor: 'anthropic' }),
    ).toThrow("choices is 2 answers to one request, which Anthropic's messages cannot carry")
  })

  it('reads what it wrote, whatever is said', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/)
    const text = fc.string({ minLength: 1, unit: 'grapheme' })
    const said = text.map((each): ChatPart => ({ type: 'text', text: each }))
    const call = fc.tuple(name, name, fc.dictionary(name, fc.jsonValue())).map(
      ([id, tool, input]): ChatPart => ({
        type: 'tool-call',
        id,
        name: tool,
        // JSON has no negative zero.
        arguments: JSON.stringify(JSON.parse(JSON.stringify(input))),
      }),
    )
    const turn = fc
      .tuple(said, fc.array(call, { minLength: 1, maxLength: 3 }), text)
      .map(([first, calls, answer]): readonly ChatMessage[] => [
        { role: 'user', content: [first] },
        { role: 'assistant', content: [first, ...calls] },
        ...calls.map((each): ChatMessage => {
          const { id = '' } = each as { readonly id?: string }
          return { role: 'tool', toolCallId: id, content: [{ type: 'text', text: answer }] }
        }),
        { role: 'assistant', content: [first] },
      ])
    const temperature = fc.option(
      fc.double({ min: 0, max: 1, noNaN: true }).map((each) => each + 0),
      {
        nil: undefined,
      },
    )
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 3 }), temperature, (turns, warmth) => {
        const request = asking({
          messages: turns.flat(),
          maxOutputTokens: 9,
          ...(warmth !== undefined && { temperature: warmth === 0 ? 0 : warmth }),
        })
        const { text: written, refused, approximated } = print(request)
        expect([refused, approximated]).toEqual([[], []])
        const { native, ...read } = anthropicMessages.parse(written).request
        expect(read).toEqual(request)
      }),
    )
  })
})
