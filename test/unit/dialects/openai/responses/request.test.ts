import { describe, expect, it } from 'vitest'
import { ListingCarriage } from '../../../../../src/dialects/carriage.ts'
import { openaiChat } from '../../../../../src/dialects/openai/chat-codec.ts'
import { openaiResponses } from '../../../../../src/dialects/openai/responses/response-codec.ts'
import type { ChatRequest } from '../../../../../src/provider/contract.ts'
import { facts, full, parse, print, vendor, withoutNative } from './requests.ts'

const hi = { model: 'm', input: 'Hi' }

describe('a request of responses', () => {
  it('reads back as the request from which it was written', () => {
    expect(withoutNative(parse(print(full)))).toEqual(full)
  })

  it('has a text, or instructions and items, as messages', () => {
    expect(parse(hi).messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }])
    const { messages } = parse({
      model: 'm',
      instructions: 'Be brief',
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be kind' }] },
      ],
    })
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'system'])
  })

  it('joins what the model said in a row, whatever items it is in', () => {
    const { messages } = parse({
      model: 'm',
      input: [
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'a' }, { text: 'b' }] },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hm', annotations: [] }],
        },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
        { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'yes' }] },
        { id: 'rs_2' },
      ],
    })
    expect(messages).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'a\n\nb', signature: 'rs_1', signedBy: 'openai' },
          { type: 'text', text: 'Hm' },
          {
            type: 'opaque',
            vendor: 'openai-responses',
            kind: 'web_search_call',
            data: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
            required: true,
          },
          { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
        ],
      },
      { role: 'tool', toolCallId: 'c', content: [{ type: 'text', text: 'yes' }] },
      {
        role: 'assistant',
        content: [
          {
            type: 'opaque',
            vendor: 'openai-responses',
            kind: 'item_reference',
            data: { id: 'rs_2' },
            required: true,
          },
        ],
      },
    ])
  })

  it.each([
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: 3 }, 'input'],
    [{ input: 'Hi' }, 'model'],
    [{ ...hi, input: [{ role: 'robot', content: 'Hi' }] }, 'input[0].role'],
    [
      { ...hi, input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'input[0].content[0].image_url',
    ],
    [{ ...hi, input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }, 'input[0].arguments'],
    [{ ...hi, input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
    [{ ...hi, max_output_tokens: 0 }, 'max_output_tokens'],
    [{ ...hi, tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ ...hi, tool_choice: 'sometimes' }, 'tool_choice'],
  ])('refuses a wrong value by its place: %j', (body, field) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'bad-request', details: { field } }))
  })

  it('lists what chats have no word for, and which of it is only a hint', () => {
    const { unread } = parse({
      ...hi,
      background: true,
      previous_response_id: 'resp_1',
      conversation: 'conv_1',
      prompt: { id: 'p' },
      metadata: { a: 'b' },
      store: false,
      truncation: 'auto',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'grammar' } },
      top_logprobs: 2,
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] },
      x_new: 1,
    })
    const hints = (unread ?? []).filter(({ hint }) => hint).map(({ field }) => field)
    const others = (unread ?? []).filter(({ hint }) => hint !== true).map(({ field }) => field)
    expect(hints.sort()).toEqual([
      'include',
      'metadata',
      'prompt_cache_key',
      'reasoning.summary',
      'service_tier',
      'store',
      'text.verbosity',
      'truncation',
    ])
    expect(others.sort()).toEqual([
      'background',
      'conversation',
      'previous_response_id',
      'prompt',
      'text.format',
      'tool_choice',
      'top_logprobs',
      'x_new',
    ])
    const neutral = {
      store: true,
      background: false,
      metadata: {},
      include: [],
      truncation: 'disabled',
      user: null,
    }
    expect(
      parse({ ...hi, ...neutral, service_tier: 'auto', text: { format: { type: 'text' } } }),
    ).not.toHaveProperty('unread')
  })

  it('cannot leave this dialect while the vendor holds a part of it', () => {
    const { request } = openaiResponses.parse(JSON.stringify({ ...hi, previous_response_id: 'resp_1' }))
    const printing = { stream: false, vendor, maxTokensField: 'max_completion_tokens' } as const
    expect(() => openaiChat.print(request, printing)).toThrow(
      expect.objectContaining({ code: 'unsupported', details: { field: 'previous_response_id' } }),
    )
    expect(print({ ...request, temperature: 0.5 })).toEqual({
      ...hi,
      previous_response_id: 'resp_1',
      temperature: 0.5,
    })
  })

  it('answers a call in an item of its kind, as the vendor wants it', () => {
    const types = (print(full).input as { readonly type?: string }[]).map(({ type }) => type)
    expect(types.filter((type) => type?.endsWith('_output'))).toEqual([
      'function_call_output',
      'custom_tool_call_output',
    ])
  })

  it('takes no id that was made here for the proof of a thought', () => {
    const choices = [{ content: [{ type: 'reasoning' as const, text: 'Hm' }], finishReason: 'stop' as const }]
    const reply = { id: 'r', model: 'm', choices, usage: {} }
    const { output } = JSON.parse(openaiResponses.printReply(reply, facts))
    expect(output[0].id).toMatch(/^rs_/)
    expect(parse({ model: 'm', input: output }).messages[0]?.content).toEqual(choices[0]?.content)
  })

  it('takes items that only this format has back as they were, and sends them nowhere else', () => {
    const item = { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot' } }
    const asked = withoutNative(parse({ model: 'm', input: [item, { role: 'user', content: 'Hi' }] }))
    expect(print(asked).input).toEqual([item, { role: 'user', content: 'Hi' }])
    const printing = { stream: false, vendor, maxTokensField: 'max_completion_tokens' } as const
    expect(() => openaiChat.print(asked, printing)).toThrow(
      expect.objectContaining({ code: 'unsupported', details: { field: 'messages[0].content[0]' } }),
    )
  })
})

describe('what responses cannot say', () => {
  const lossy: ChatRequest = {
    model: 'm',
    messages: [
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'Hi', cacheMark: {}, options: { anthropic: { x: 1 } } },
          { type: 'audio', url: 'data:audio/wav;base64,AA==' },
          { type: 'image', url: 's3://bucket/cat.png' },
          { type: 'opaque', vendor: 'google', kind: 'video', data: {}, required: true },
          { type: 'opaque', vendor: 'google', kind: 'note', data: {} },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', signature: 's', signedBy: 'anthropic' },
          { type: 'reasoning', text: 'Plain' },
          { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', signature: 't', signedBy: 'google' },
        ],
      },
      { role: 'tool', toolCallId: 'c', toolFailed: true, content: [{ type: 'text', text: 'no' }] },
    ],
    choices: 2,
    topK: 4,
    frequencyPenalty: 1,
    presencePenalty: 1,
    seed: 7,
    stop: ['END'],
    reasoningTokens: 2000,
    tools: [
      { type: 'opaque', vendor: 'anthropic', kind: 'bash', data: {}, required: true },
      { type: 'function', name: 'f', parameters: {}, cacheMark: {} },
    ],
    unread: [{ field: 'logit_bias' }, { field: 'metadata', hint: true }],
  }

  it('is refused or told, by its place', () => {
    const carriage = new ListingCarriage("OpenAI's responses")
    const body = print(lossy, { carriage })
    expect(carriage.refused.map(({ field }) => field).sort()).toEqual([
      'choices',
      'logit_bias',
      'messages[0].content[1]',
      'messages[0].content[2]',
      'messages[0].content[3]',
      'stop',
      'tools[0]',
    ])
    expect(carriage.approximated.map(({ field }) => field).sort()).toEqual([
      'frequencyPenalty',
      'messages[0].content[0].cacheMark',
      'messages[0].content[0].options.anthropic',
      'messages[0].content[4]',
      'messages[0].name',
      'messages[1].content[0]',
      'messages[1].content[1]',
      'messages[1].content[2].signature',
      'messages[2].toolFailed',
      'metadata',
      'presencePenalty',
      'reasoningTokens',
      'seed',
      'tools[1].cacheMark',
      'topK',
    ])
    expect(body).toEqual({
      model: 'm',
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'no' },
      ],
      reasoning: { effort: 'medium' },
      tools: [{ type: 'function', name: 'f', parameters: {}, strict: false }],
    })
  })

  it('throws without a carriage', () => {
    expect(() => print(lossy)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})
