import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import { ListingCarriage } from '../../../../src/dialects/carriage.ts'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

type Body = Record<string, unknown>

const hi = { role: 'user', content: 'Hi' }
const read = (more: object): ChatRequest =>
  anthropicMessages.parse(JSON.stringify({ model: 'm', max_tokens: 9000, messages: [hi], ...more })).request
const written = (request: ChatRequest): Body =>
  JSON.parse(anthropicMessages.print(request, { stream: false, vendor: 'anthropic' }))
const told = (request: ChatRequest): readonly string[] => {
  const carriage = new ListingCarriage('a')
  openaiChat.print(request, {
    stream: false,
    vendor: 'openai',
    maxTokensField: 'max_completion_tokens',
    carriage,
  })
  return [...carriage.refused, ...carriage.approximated].map(({ field }) => field)
}

const mark = { type: 'ephemeral', ttl: '1h', scope: 'global' }
const blocks: readonly object[] = [
  { type: 'text', text: 'a', cache_control: mark },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png', media_type: 'image/png' } },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==', crop: 1 } },
  { type: 'document', source: { type: 'file', file_id: 'f', pages: [1] }, title: 't' },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a', page: 1 } },
]

describe('what only Anthropic knows within a member', () => {
  it.each(blocks.map((block) => [JSON.stringify(block), block]))(
    'is told to others, and kept: %s',
    (_, block) => {
      const request = read({ messages: [{ role: 'user', content: [hi, block].slice(1) }] })
      expect(told(request)).toContain('messages[0].content[0].options.anthropic')
      const [message] = request.messages
      if (message === undefined) throw new Error('no message')
      const edited = { ...message, content: [...message.content, { type: 'text' as const, text: 'b' }] }
      expect(written({ ...request, messages: [edited] }).messages).toEqual([
        { role: 'user', content: [block, { type: 'text', text: 'b' }] },
      ])
    },
  )

  it('leaves with the mark of the cache that it belongs to', () => {
    const request = read({ messages: [{ role: 'user', content: blocks.slice(0, 1) }] })
    const content = request.messages[0]?.content.map(({ cacheMark: _, ...part }) => part as typeof part) ?? []
    const messages = [{ role: 'user' as const, content: content as ChatRequest['messages'][0]['content'] }]
    expect(written({ ...request, messages }).messages).toEqual([{ role: 'user', content: 'a' }])
  })

  it('is told of a mark where nothing is marked: at a message, and at an answer of a tool that says nothing', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', cache_control: mark }
    const request = read({
      messages: [
        { ...hi, cache_control: mark },
        { role: 'user', content: [result] },
      ],
    })
    expect(request.messages.map(({ options }) => options)).toEqual([
      { anthropic: { cache_control: mark } },
      { anthropic: { cache_control: mark } },
    ])
  })

  it('is refused by its place in a form of answers and in thinking, and kept when these are edited', () => {
    const schema = { type: 'object' }
    const request = read({
      output_config: { format: { type: 'json_schema', schema, name: 'n' } },
      thinking: { type: 'enabled', budget_tokens: 2000, pace: 1 },
    })
    expect(request.unread).toEqual([{ field: 'output_config.format.name' }, { field: 'thinking.pace' }])
    const { output_config, thinking } = written({ ...request, reasoningTokens: 3000, reasoningEffort: 'low' })
    expect(output_config).toEqual({ format: { type: 'json_schema', schema, name: 'n' }, effort: 'low' })
    expect(thinking).toEqual({ type: 'enabled', budget_tokens: 3000, pace: 1 })
    const grammar = read({ output_config: { format: { type: 'grammar' } } })
    expect(written({ ...grammar, reasoningEffort: 'low' }).output_config).toEqual({
      format: { type: 'grammar' },
      effort: 'low',
    })
  })

  it('is nothing where a call of the model itself says so, as its clients repeat it', () => {
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} }
    const calling = (caller: object): ChatRequest =>
      read({ messages: [hi, { role: 'assistant', content: [{ ...call, caller }] }] })
    expect(told(calling({ type: 'direct' }))).toEqual([])
    expect(told(calling({ type: 'code_execution' }))).toEqual(['messages[1].content[0].options.anthropic'])
  })
})

describe('options for Anthropic', () => {
  const options = {
    anthropic: {
      thinking: { type: 'adaptive' },
      tool_choice: { type: 'any' },
      output_config: { effort: 'max', task_budget: 7 },
      metadata: { team: 't' },
    },
  }
  const tools = [{ name: 'f', input_schema: { type: 'object' } }]

  it.each([
    ['written into its own format', read({ tools, metadata: { user_id: 'u' } })],
    [
      'sent with a request of no format',
      { ...read({ tools, metadata: { user_id: 'u' } }), native: undefined } as unknown as ChatRequest,
    ],
  ])('are all %s, also beside fields of the request', (_, request) => {
    const schema = { type: 'object' }
    const body = written({ ...request, responseSchema: { name: 'a', schema }, options })
    expect(body).toMatchObject({
      thinking: { type: 'adaptive' },
      tool_choice: { type: 'any' },
      output_config: { effort: 'max', task_budget: 7, format: { type: 'json_schema', schema } },
      metadata: { team: 't', user_id: 'u' },
    })
    expect(written({ ...request, reasoningEffort: 'low', options }).output_config).toEqual({
      effort: 'low',
      task_budget: 7,
    })
    const thinking = { anthropic: { thinking: { type: 'adaptive', display: 'omitted' } } }
    expect(written({ ...request, reasoningTokens: 2000, options: thinking }).thinking).toEqual({
      type: 'enabled',
      budget_tokens: 2000,
      display: 'omitted',
    })
  })

  it('may say the limit, and a budget to think with on top of the default', () => {
    const { native: _, maxOutputTokens: __, ...bare } = read({})
    const carriage = new ListingCarriage('a')
    const limitOf = (anthropic: Body): unknown =>
      JSON.parse(
        anthropicMessages.print(
          { ...bare, options: { anthropic } },
          { stream: false, vendor: 'anthropic', carriage },
        ),
      ).max_tokens
    expect(limitOf({ max_tokens: 100 })).toBe(100)
    expect(carriage.approximated).toEqual([])
    expect(limitOf({ thinking: { type: 'enabled', budget_tokens: 20_000 } })).toBe(36_384)
  })
})
