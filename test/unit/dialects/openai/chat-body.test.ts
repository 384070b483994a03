import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import type { OpenaiPrinting } from '../../../../src/dialects/openai/printing.ts'
import type { ChatPart, ChatRequest } from '../../../../src/provider/contract.ts'

const unary: OpenaiPrinting = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' }
const streamed: OpenaiPrinting = { ...unary, stream: true }

/** What a caller wrote, in a form that no printer would choose. */
const text = `{ "messages" : [ {"role":"user","content":"Card 4111", "x":1} , {"role": "assistant", "content":"Yes?"} ],
  "seed": 9223372036854775807, "n":2,"logit_bias":{"1":-1e2}, "model":"public", "model":"public" }`
const { request } = openaiChat.parse(text)
const asked: ChatRequest = { ...request, model: 'backend' }
const named = text.replaceAll('"public"', '"backend"')

describe('a request of its own dialect', () => {
  it('keeps its text but for the model, under every place where the model stands', () => {
    expect(openaiChat.print(asked, unary)).toBe(named)
  })

  it('asks for usage in a stream, and keeps the other stream options', () => {
    expect(openaiChat.print(asked, streamed)).toBe(
      named.replace(/ }$/, ',"stream":true,"stream_options":{"include_usage":true} }'),
    )
    const options = text.replace('"n":2', '"stream" : true, "stream_options": { "other": 1.0 }')
    const own = { ...openaiChat.parse(options).request, model: 'public' }
    expect(openaiChat.print(own, streamed)).toBe(options.replace('1.0 }', '1.0,"include_usage":true }'))
    expect(openaiChat.print(own, unary)).toBe(options.replace(/ "stream" : true, .*?},(?="logit)/, ''))
  })

  it('does not send what was edited away, and keeps the rest', () => {
    const [card, reply] = request.messages
    const redacted = { role: 'user' as const, content: [{ type: 'text' as const, text: 'Card [removed]' }] }
    const edits: readonly [Partial<ChatRequest>, string, string][] = [
      [
        { messages: [redacted, reply as never] },
        '{"role":"user","content":"Card 4111", "x":1} , ',
        '{"role":"user","content":"Card [removed]"},',
      ],
      [{ choices: 1 }, '"n":2', '"n":1'],
      [{ temperature: 0.5 }, ' }', ',"temperature":0.5 }'],
    ]
    for (const [edit, before, after] of edits) {
      const at = named.lastIndexOf(before)
      const expected = named.slice(0, at) + after + named.slice(at + before.length)
      const sent = openaiChat.print({ ...asked, ...edit }, unary)
      expect(sent.replace(/\[ ?{/, '[{').replace('} ]', '}]')).toBe(
        expected.replace('[ {', '[{').replace('} ]', '}]'),
      )
      expect(JSON.parse(sent)).toMatchObject({ logit_bias: { 1: -100 } })
    }
    const { choices: _, ...one } = asked
    expect(JSON.parse(openaiChat.print(one, unary))).not.toHaveProperty('n')
    expect(openaiChat.print({ ...asked, messages: [{ ...card } as never, reply as never] }, unary)).toBe(
      named,
    )
  })

  it('keeps the messages that were not edited as they came, wherever they stand', () => {
    const system = { role: 'system' as const, content: [{ type: 'text' as const, text: 'Be kind' }] }
    const sent = openaiChat.print({ ...asked, messages: [system, ...asked.messages] }, unary)
    expect(sent).toContain(
      '[{"role":"system","content":"Be kind"},{"role":"user","content":"Card 4111", "x":1},{"role": "assistant", "content":"Yes?"}]',
    )
  })

  it('takes the options of this vendor, but no other model', () => {
    const options = { openai: { service_tier: 'flex', model: 'another', n: 9 }, other: { hidden: 1 } }
    expect(openaiChat.print({ ...asked, options }, unary)).toBe(
      named.replace(/ }$/, ',"service_tier":"flex" }'),
    )
  })

  it('renames the output limit for a server that knows one name, and keeps the lower one', () => {
    const older: OpenaiPrinting = { ...unary, maxTokensField: 'max_tokens' }
    for (const [given, sent] of [
      [{ max_completion_tokens: 3 }, { max_tokens: 3 }],
      [{ max_completion_tokens: 3, max_tokens: 900 }, { max_tokens: 3 }],
      [{ max_tokens: 4 }, { max_tokens: 4 }],
    ]) {
      const body = { model: 'm', messages: [{ role: 'user', content: 'a' }], ...given }
      const own = openaiChat.parse(JSON.stringify(body)).request
      expect(JSON.parse(openaiChat.print(own, older))).toEqual({
        ...body,
        max_completion_tokens: undefined,
        ...sent,
      })
    }
  })
})

describe('a request that is built', () => {
  const user = (...content: readonly ChatPart[]): ChatRequest => ({
    model: 'm',
    messages: [{ role: 'user', content }],
  })

  it('names the output limit as the vendor names it', () => {
    const bounded = { ...user({ type: 'text', text: 'a' }), maxOutputTokens: 3 }
    expect(JSON.parse(openaiChat.print(bounded, { ...unary, maxTokensField: 'max_tokens' }))).toMatchObject({
      max_tokens: 3,
    })
  })

  it('carries what only this vendor knows of a part to every server of this format', () => {
    const cache = { cache_control: { type: 'ephemeral' } }
    const marked = user({ type: 'text', text: 'a', options: { openai: cache, router: { x: 1 } } })
    const content = (vendor: string): unknown =>
      JSON.parse(openaiChat.print(marked, { ...unary, vendor })).messages[0].content
    expect(content('openai')).toEqual([{ ...cache, type: 'text', text: 'a' }])
    expect(content('router')).toEqual([{ ...cache, x: 1, type: 'text', text: 'a' }])
  })

  const opaque = { type: 'opaque', vendor: 'other', kind: 'document', data: {} } as const
  it.each<[string, ChatPart, string]>([
    ['a required part of another vendor', { ...opaque, required: true }, '"document" of other'],
    ['an image by the id of a file', { type: 'image', fileId: 'f' }, 'an image by the id of a file'],
    [
      'audio by its address',
      { type: 'audio', url: 'https://example.com/a.wav' },
      'audio that is not a data: URL',
    ],
    ['a file by its address', { type: 'file', url: 's3://bucket/a.pdf' }, 'a file by its address'],
  ])('refuses %s by its place and kind', (_what, part, named) => {
    expect(() => openaiChat.print(user({ type: 'text', text: 'a' }, part), unary)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining(`messages[0].content[1] is ${named}`),
        details: { field: 'messages[0].content[1]' },
      }),
    )
  })

  it('leaves out the mark of a failed tool, for which there is no field, and keeps what its content says', () => {
    const content = [{ type: 'text', text: 'no such city' }] as const
    const failed = { role: 'tool', toolCallId: 'c', content, toolFailed: true } as const
    const sent = JSON.parse(openaiChat.print({ model: 'm', messages: [failed] }, unary))
    expect(sent.messages).toEqual([{ role: 'tool', tool_call_id: 'c', content: 'no such city' }])
  })

  it('leaves out parts of other vendors and reasoning that nobody requires', () => {
    const sent = openaiChat.print(
      user({ type: 'text', text: 'a' }, opaque, { type: 'reasoning', text: 'hm' }),
      unary,
    )
    expect(JSON.parse(sent).messages[0].content).toBe('a')
  })

  it('calls a request that cannot be written as JSON a bad request', () => {
    const options: Record<string, unknown> = {}
    options.itself = options
    expect(() => openaiChat.print({ ...user(), options: { openai: options } }, unary)).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    )
  })
})
