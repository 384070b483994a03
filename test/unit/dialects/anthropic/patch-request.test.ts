import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import { Carriage, ListingCarriage } from '../../../../src/dialects/carriage.ts'
import type { ChatMessage, ChatRequest } from '../../../../src/provider/contract.ts'

const text = `{ "model" : "public", "max_tokens":100, "system": "S",  "big": 12345678901234567890,
  "messages":[ {"role":"user", "content":"one"},
    {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"n":1.0}},{"type":"tool_use","id":"b","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"tool_result", "tool_use_id":"a"},{"type":"tool_result","tool_use_id":"b","content":"B"},{"type":"text","text":"go"}]},
    {"role":"assistant","content": "x" } ],
  "thinking": {"type":"enabled","budget_tokens":2000,"display":"omitted"},
  "output_config":{"effort":"low","task_budget":7}, "metadata":{"user_id":"u","team":"t"}, "container":"c", "stream":true }`
const { request } = anthropicMessages.parse(text)
const print = (edited: ChatRequest, stream = true): string =>
  anthropicMessages.print(edited, { stream, vendor: 'anthropic', carriage: new Carriage('a') })
const bodyOf = (edited: ChatRequest): Record<string, unknown> => JSON.parse(print(edited))
const messages = request.messages
const at = (index: number): ChatMessage => messages[index] as ChatMessage
const said = (index: number, words: string): ChatMessage => ({
  ...at(index),
  content: [{ type: 'text', text: words }],
})

describe('a request of Anthropic’s format', () => {
  it('keeps its text to the byte, except for the model and the stream', () => {
    expect(print(request)).toBe(text)
    expect(print({ ...request, model: 'real' })).toBe(text.replace('public', 'real'))
    expect(print(request, false)).toBe(text.replace(', "stream":true', ''))
    const whole = anthropicMessages.parse(text.replace(', "stream":true', '')).request
    expect(JSON.parse(print(whole))).toMatchObject({ stream: true })
  })

  it('writes only the entry whose messages were edited', () => {
    const edited = print({ ...request, messages: messages.with(4, said(4, 'edited')) })
    const entry =
      '{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"},{"type":"tool_result","tool_use_id":"b","content":"edited"},{"type":"text","text":"go"}]}'
    const list = text.slice(text.indexOf('{"role":"user", "content":"one"}'), text.indexOf(' ],\n'))
    const [one, two, , four] = list.split(/,\n {4}/)
    expect(edited).toContain(`"messages":[${one},${two},${entry},${four}],`)
    expect(edited.startsWith(text.slice(0, text.indexOf('"messages":')))).toBe(true)
  })

  it('keeps the text of entries that moved, also of equal copies', () => {
    const short = print({ ...request, messages: [at(0), ...structuredClone(messages.slice(2))] })
    expect(short).toBe(
      text
        .replace('[ {"role":"user", "content":"one"},\n    ', '[')
        .replace('"x" } ]', '"x" }]')
        .replaceAll(',\n    {"role"', ',{"role"'),
    )
  })

  it('writes instructions anew when they were edited, and those that were added', () => {
    expect(bodyOf({ ...request, messages: messages.with(0, said(0, 'T')) }).system).toBe('T')
    expect(bodyOf({ ...request, messages: messages.slice(1) })).not.toHaveProperty('system')
    const added = bodyOf({ ...request, messages: [at(0), said(0, 'T'), ...messages.slice(1)] })
    expect(added.system).toEqual([
      { type: 'text', text: 'S' },
      { type: 'text', text: 'T' },
    ])
    expect(added.messages).toHaveLength(4)
  })

  it('leaves instructions in the middle where they stand', () => {
    const inside = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]}`
    const read = anthropicMessages.parse(inside).request
    const carriage = new ListingCarriage('a')
    const edited = {
      ...read,
      messages: read.messages.with(1, {
        ...(read.messages[1] as ChatMessage),
        content: [{ type: 'text', text: 'B' }],
      }),
    }
    expect(anthropicMessages.print(edited, { stream: false, vendor: 'anthropic', carriage })).toBe(
      inside.replace('"b"', '"B"'),
    )
    expect(carriage.approximated).toEqual([])
  })

  it('writes what was edited in each field, and keeps what stands beside it', () => {
    const { tools, ...more } = bodyOf({
      ...request,
      maxOutputTokens: 5000,
      temperature: 1,
      topP: 0.99,
      stop: ['END'],
      tools: [{ type: 'function', name: 'g', parameters: {} }],
      toolChoice: 'auto',
      reasoningTokens: 3000,
      reasoningEffort: 'high',
      responseSchema: { name: 'a', schema: { type: 'object' } },
      endUser: 'v',
      options: { anthropic: { x: 1, max_tokens: 9 } },
    })
    expect(tools).toEqual([{ name: 'g', input_schema: { type: 'object' } }])
    expect(more).toMatchObject({
      max_tokens: 5000,
      temperature: 1,
      top_p: 0.99,
      stop_sequences: ['END'],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 3000, display: 'omitted' },
      output_config: {
        effort: 'high',
        task_budget: 7,
        format: { type: 'json_schema', schema: { type: 'object' } },
      },
      metadata: { user_id: 'v', team: 't' },
      container: 'c',
      x: 1,
    })
  })

  it('takes out what was taken out', () => {
    const { reasoningEffort, endUser, maxOutputTokens, ...rest } = request
    expect(bodyOf(rest)).toMatchObject({
      output_config: { task_budget: 7 },
      metadata: { team: 't' },
      max_tokens: 18_384,
    })
  })

  it('keeps thinking as much as the model likes, unless a budget is given', () => {
    const adaptive = anthropicMessages.parse(
      '{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"a"}],"thinking":{"type":"adaptive"}}',
    ).request
    expect(bodyOf({ ...adaptive, reasoningEffort: 'low' }).thinking).toEqual({ type: 'adaptive' })
    expect(bodyOf({ ...adaptive, maxOutputTokens: 8 }).thinking).toEqual({ type: 'adaptive' })
    expect(bodyOf({ ...adaptive, reasoningEffort: 'none' }).thinking).toEqual({ type: 'disabled' })
    expect(bodyOf({ ...adaptive, reasoningTokens: 2000 }).thinking).toEqual({
      type: 'enabled',
      budget_tokens: 2000,
    })
  })

  it('refuses an edit that the format cannot say', () => {
    expect(() => print({ ...request, choices: 2 })).toThrow(/choices is 2 answers/)
    expect(() => print({ ...request, messages: [...messages, { role: 'tool', content: [] }] })).toThrow(
      /messages\[7\].toolCallId is missing/,
    )
  })
})
