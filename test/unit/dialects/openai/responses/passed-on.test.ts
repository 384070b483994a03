import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openaiResponses } from '../../../../../src/dialects/openai/responses/response-codec.ts'
import type { ChatMessage, ChatPart, ChatRequest } from '../../../../../src/provider/contract.ts'
import { full, parse, print, vendor, withoutNative } from './requests.ts'

const said = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('"', '\\', '\n', '"input":[', '😀é'))
const gap = fc.constantFrom('', ' ', '\n  ')

const item = fc
  .oneof(
    said.map((text) => ({ role: 'user', content: text })),
    said.map((text) => ({ type: 'message', role: 'developer', content: [{ type: 'input_text', text }] })),
    said.map((text) => ({
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text, annotations: [] }],
    })),
    said.map((text) => ({ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text }] })),
    said.map((text) => ({ type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: text })),
    said.map((text) => ({ type: 'function_call_output', call_id: 'c', output: text })),
    fc.constantFrom(
      { type: 'item_reference', id: 'rs_9' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'mcp_approval_response', approve: true, approval_request_id: 'a' },
    ),
  )
  .map((each) => JSON.stringify(each))

const body = fc
  .record({
    items: fc.array(item, { minLength: 1, maxLength: 6 }),
    space: gap,
    instructions: fc.option(said, { nil: undefined }),
  })
  .map(({ items, space, instructions }) => ({
    items,
    text:
      `{${space}"x_big":12345678901234567890,"input" :[${items.map((each) => space + each).join(',')}${space}],` +
      `${instructions === undefined ? '' : `"instructions":${JSON.stringify(instructions)},`}"model":"m" }`,
  }))

const read = (text: string): ChatRequest => openaiResponses.parse(text).request
const printed = (request: ChatRequest, stream = false): string =>
  openaiResponses.print(request, { stream, vendor })

describe('a request that came as a response', () => {
  it('is sent on to the byte, but for its model', () => {
    fc.assert(
      fc.property(body, ({ text }) => {
        const request = read(text)
        expect(printed(request)).toBe(text)
        expect(printed({ ...request, model: 'n' })).toBe(text.replace('"model":"m"', '"model":"n"'))
      }),
    )
  })

  it('keeps the text of every item whose message was not edited', () => {
    fc.assert(
      fc.property(body, fc.nat(5), ({ text, items }, place) => {
        const request = read(text)
        // Where nothing is left, the request is refused.
        fc.pre(request.messages.length > 1)
        const index = place % request.messages.length
        const messages = request.messages.filter((_, each) => each !== index)
        const sent = printed({ ...request, messages })
        const left = JSON.parse(sent).input.length + (JSON.parse(sent).instructions === undefined ? 0 : 1)
        const given = items.length + (JSON.parse(text).instructions === undefined ? 0 : 1)
        expect(left).toBeLessThan(given)
        expect(sent).toContain('"x_big":12345678901234567890')
        for (const each of JSON.parse(sent).input) expect(items).toContain(JSON.stringify(each))
      }),
    )
  })

  it('says what it said when it is written anew', () => {
    fc.assert(
      fc.property(body, ({ text }) => {
        const asked = withoutNative(read(text))
        const { unread: _, ...known } = asked
        expect(withoutNative(read(printed(known)))).toEqual(known)
      }),
    )
  })
})

describe('an edit of a request that came as a response', () => {
  const input = [
    { role: 'user', content: 'Hi' },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'secret' }],
    },
    { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'yes' },
  ]
  const request = parse({ model: 'm', instructions: 'Be brief', input, x: 1 })
  const withContent = (content: readonly ChatPart[]): readonly ChatMessage[] =>
    request.messages.map((message) => (message.role === 'assistant' ? { ...message, content } : message))

  it('leaves the items of the same message as they were, with their ids', () => {
    const [, , assistant] = request.messages
    const [thought, , call] = assistant?.content ?? []
    if (thought === undefined || call === undefined) throw new Error('no parts')
    const edited = { ...request, messages: withContent([thought, { type: 'text', text: '***' }, call]) }
    expect(print(edited)).toEqual({
      model: 'm',
      instructions: 'Be brief',
      input: [input[0], input[1], { role: 'assistant', content: '***' }, input[3], input[4]],
      x: 1,
    })
  })

  it('writes, changes and takes away instructions', () => {
    const [first, ...rest] = request.messages
    if (first === undefined) throw new Error('no message')
    expect(print({ ...request, messages: rest })).toEqual({ model: 'm', input, x: 1 })
    const kind: ChatMessage = { role: 'system', content: [{ type: 'text', text: 'Be kind' }] }
    expect(print({ ...request, messages: [kind, ...rest] })).toMatchObject({ instructions: 'Be kind', input })
    const two = print({ ...request, messages: [kind, first, ...rest] })
    expect(two).toMatchObject({
      instructions: 'Be kind',
      input: [{ role: 'system', content: 'Be brief' }, ...input],
    })
    const asText = parse({ model: 'm', input: 'Hi' })
    expect(print({ ...asText, messages: [kind, ...asText.messages] })).toEqual({
      model: 'm',
      instructions: 'Be kind',
      input: [{ role: 'user', content: 'Hi' }],
    })
  })

  it('changes members within members, and leaves the others', () => {
    const asked = parse({
      model: 'm',
      input: 'Hi',
      reasoning: { effort: 'high', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_object' } },
      safety_identifier: 'a',
      user: 'b',
    })
    const { responseFormat: _, ...more } = asked
    expect(print({ ...more, reasoningEffort: 'low', endUser: 'c' })).toEqual({
      model: 'm',
      input: 'Hi',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low' },
      safety_identifier: 'c',
    })
    expect(() => print({ ...asked, stop: ['END'] })).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  it('sends options of this vendor, but not over what the request says', () => {
    const asked = parse({ model: 'm', input: 'Hi', temperature: 1 })
    const options = { openai: { service_tier: 'flex', temperature: 2, input: 'x' }, other: { y: 1 } }
    expect(print({ ...asked, options })).toEqual({
      model: 'm',
      input: 'Hi',
      temperature: 1,
      service_tier: 'flex',
    })
    const anew = print({ ...full, options })
    expect(anew).toMatchObject({ service_tier: 'flex', temperature: 0.5 })
    expect(anew).not.toHaveProperty('y')
  })

  it('asks for a stream, or for none', () => {
    const streamed = parse({
      model: 'm',
      input: 'Hi',
      stream: true,
      stream_options: { include_obfuscation: false },
    })
    expect(JSON.parse(printed(streamed))).toEqual({ model: 'm', input: 'Hi' })
    expect(JSON.parse(printed(streamed, true))).toMatchObject({ stream: true, stream_options: {} })
    expect(JSON.parse(printed(parse({ model: 'm', input: 'Hi' }), true))).toMatchObject({ stream: true })
  })

  it('lowers the limit of tokens where it stands, and writes it where it does not', () => {
    for (const [given, sent] of [
      [{ max_output_tokens: 500 }, 100],
      [{ max_output_tokens: 50 }, 50],
      [{}, 100],
      [{ max_output_tokens: null }, 100],
    ] as const) {
      const capped = openaiResponses.capTokens(parse({ model: 'm', input: 'Hi', ...given }), 100, vendor)
      expect(print(capped).max_output_tokens).toBe(sent)
    }
    const options = { openai: { max_output_tokens: 900 } }
    const built = openaiResponses.capTokens({ ...full, maxOutputTokens: 100, options }, 60, vendor)
    expect(print(built).max_output_tokens).toBe(60)
  })
})
