import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import type { ChatCall } from '../../../../src/dialects/chat-codec.ts'
import { type ChatMessage, nativeText } from '../../../../src/provider/contract.ts'

const hi = { role: 'user', content: 'Hi' }
const parse = (more: object = {}): ChatCall =>
  anthropicMessages.parse(JSON.stringify({ model: 'public', max_tokens: 5, messages: [hi], ...more }))
const messagesOf = (...messages: readonly object[]): readonly ChatMessage[] =>
  parse({ messages }).request.messages
const contentOf = (...content: readonly object[]): ChatMessage['content'] | undefined =>
  messagesOf({ role: 'user', content })[0]?.content

describe('a request in Anthropic’s format', () => {
  it('is read with the fields that the contract knows, and keeps its text', () => {
    const body = {
      model: 'public',
      max_tokens: 5,
      system: 'Be kind',
      messages: [hi],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      stop_sequences: ['END'],
      stream: true,
      metadata: { user_id: 'u' },
      thinking: { type: 'enabled', budget_tokens: 2000 },
      output_config: { effort: 'max', format: { type: 'json_schema', schema: { type: 'object' } } },
    }
    const call = anthropicMessages.parse(JSON.stringify(body))
    expect(call).toEqual({
      stream: true,
      includeUsage: true,
      request: {
        model: 'public',
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be kind' }] },
          { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        ],
        maxOutputTokens: 5,
        temperature: 0.5,
        topP: 0.9,
        topK: 3,
        stop: ['END'],
        endUser: 'u',
        reasoningTokens: 2000,
        reasoningEffort: 'max',
        responseSchema: { name: 'answer', schema: { type: 'object' }, strict: true },
        native: { dialect: 'anthropic-messages' },
      },
    })
    expect(nativeText(call.request, 'anthropic-messages')).toBe(JSON.stringify(body))
  })

  it('is read block by block, with the marks of caches and what only this vendor knows', () => {
    const cache_control = { type: 'ephemeral', ttl: '1h' }
    expect(
      contentOf(
        { type: 'text', text: 'a', cache_control, citations: null },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' }, x: 1 },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'file', file_id: 'f' }, cache_control: { type: 'ephemeral' } },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' }, title: 't' },
        { type: 'document', source: { type: 'content', content: 'a' } },
        { type: 'search_result', source: 's', title: 't', content: [] },
        { type: 'text', text: 'b', cache_control: { type: 'longer' } },
      ),
    ).toEqual([
      { type: 'text', text: 'a', cacheMark: { ttl: '1h' } },
      { type: 'image', url: 'data:image/png;base64,AA==', options: { anthropic: { x: 1 } } },
      { type: 'image', url: 'https://example.com/a.png' },
      { type: 'image', fileId: 'f', cacheMark: {} },
      { type: 'file', url: 'data:text/plain;base64,R3LDvMOfZQ==', filename: 't' },
      {
        type: 'opaque',
        vendor: 'anthropic',
        kind: 'document',
        data: { type: 'document', source: { type: 'content', content: 'a' } },
        required: true,
      },
      {
        type: 'opaque',
        vendor: 'anthropic',
        kind: 'search_result',
        data: { type: 'search_result', source: 's', title: 't', content: [] },
        required: true,
      },
      { type: 'text', text: 'b', options: { anthropic: { cache_control: { type: 'longer' } } } },
    ])
  })

  it('gives each result of a tool a message of its own, in the order of the blocks', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: 'done' }
    expect(
      messagesOf({
        role: 'user',
        content: [
          { ...result, cache_control: { type: 'ephemeral' } },
          { type: 'tool_result', tool_use_id: 'b', is_error: true, toolset_name: 'browser' },
          { type: 'text', text: 'then' },
          result,
        ],
      }),
    ).toEqual([
      { role: 'tool', toolCallId: 'a', content: [{ type: 'text', text: 'done', cacheMark: {} }] },
      {
        role: 'tool',
        toolCallId: 'b',
        toolFailed: true,
        content: [],
        options: { anthropic: { toolset_name: 'browser' } },
      },
      { role: 'user', content: [{ type: 'text', text: 'then' }] },
      { role: 'tool', toolCallId: 'a', content: [{ type: 'text', text: 'done' }] },
    ])
  })

  it('reads thoughts and calls, whose large numbers keep their digits', () => {
    const text = `{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[
      {"type":"thinking","thinking":"t","signature":"s"},
      {"type":"thinking","thinking":"unsigned","signature":""},
      {"type":"thinking","thinking":"t","signature":"modelspine:google:g"},
      {"type":"redacted_thinking","data":"d"},
      {"type":"tool_use","id":"a","name":"f","input":{"id":12345678901234567890,"half":0.30000000000000004}}]}]}`
    expect(anthropicMessages.parse(text).request.messages[0]?.content).toEqual([
      { type: 'reasoning', text: 't', signature: 's', signedBy: 'anthropic' },
      { type: 'reasoning', text: 'unsigned' },
      { type: 'reasoning', text: 't', signature: 'g', signedBy: 'google' },
      { type: 'reasoning', text: '', encrypted: 'd', signedBy: 'anthropic' },
      {
        type: 'tool-call',
        id: 'a',
        name: 'f',
        arguments: '{"id":12345678901234567890,"half":0.30000000000000004}',
      },
    ])
  })

  it('reads tools, and the vendor’s own tools as required', () => {
    const own = { type: 'web_search_20250305', name: 'web_search' }
    const input_schema = { type: 'object' }
    const { request } = parse({
      tools: [{ name: 'f', input_schema, strict: true, defer_loading: true }, own],
      tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    })
    expect(request.tools).toEqual([
      {
        type: 'function',
        name: 'f',
        parameters: input_schema,
        strict: true,
        options: { anthropic: { defer_loading: true } },
      },
      { type: 'opaque', vendor: 'anthropic', kind: 'web_search_20250305', data: own, required: true },
    ])
    expect([request.toolChoice, request.parallelToolCalls]).toEqual([{ name: 'f' }, false])
    expect(parse({ tool_choice: { type: 'any' } }).request.toolChoice).toBe('required')
    expect(parse({ thinking: { type: 'disabled' } }).request.reasoningTokens).toBe(0)
  })

  it('lists what the contract has no word for, and which of it is only a hint', () => {
    const { unread } = parse({
      container: 'c',
      mcp_servers: [{}],
      context_management: null,
      service_tier: 'standard_only',
      speed: 'standard',
      cache_control: { type: 'ephemeral' },
      metadata: { user_id: 'u', team: 't' },
      tool_choice: { type: 'auto', odd: 1 },
      output_config: { effort: 'low', task_budget: 1, format: { type: 'grammar' } },
      thinking: { type: 'enabled', budget_tokens: 1024, display: 'omitted' },
    }).request
    expect(unread).toEqual([
      { field: 'container' },
      { field: 'mcp_servers' },
      { field: 'service_tier', hint: true },
      { field: 'cache_control', hint: true },
      { field: 'tool_choice.odd' },
      { field: 'metadata.team', hint: true },
      { field: 'output_config.task_budget' },
      { field: 'output_config.format' },
      { field: 'thinking.display', hint: true },
    ])
    const adaptive = { type: 'adaptive' }
    expect(parse({ thinking: adaptive }).request.unread).toEqual([{ field: 'thinking', hint: true }])
    const effort = { effort: 'high' }
    expect(parse({ thinking: adaptive, output_config: effort }).request.unread).toBeUndefined()
    expect(parse({ service_tier: 'auto', mcp_servers: [] }).request.unread).toBeUndefined()
  })

  it.each([
    [{ max_tokens: undefined }, 'max_tokens', 'max_tokens is missing'],
    [{ messages: [] }, 'messages', 'messages is an empty list'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role', 'messages[0].role is "tool"'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'messages[0].content is missing'],
    [{ stop_sequences: [1] }, 'stop_sequences', 'stop_sequences is a list of 1'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema', 'tools[0].input_schema is missing'],
    [{ tool_choice: { type: 'some' } }, 'tool_choice.type', 'tool_choice.type is "some"'],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens', 'thinking.budget_tokens is missing'],
    [{ output_config: { format: { type: 'json_schema' } } }, 'output_config.format.schema', 'is missing'],
    [{ system: 1 }, 'system', 'system is 1'],
  ])('names a wrong field: %j', (more, field, message) => {
    let thrown: unknown
    try {
      parse(more)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'bad-request', details: { field } })
    expect(String(thrown)).toContain(message)
  })

  it('refuses what is not JSON', () => {
    expect(() => anthropicMessages.parse('{')).toThrow(/the body is not JSON/)
  })
})
