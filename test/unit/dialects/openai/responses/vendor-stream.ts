/** A stream as OpenAI writes it: a thought, a text, two calls of tools, an item of its own. */
export function vendorStream(): readonly string[] {
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'm-1',
    output: [],
    tools: [],
  }
  const thought = {
    id: 'rs_1',
    type: 'reasoning',
    summary: [
      { type: 'summary_text', text: 'Hm' },
      { type: 'summary_text', text: 'So' },
    ],
    encrypted_content: 'sealed',
  }
  const text = { type: 'output_text', text: 'Grüße 🌍', annotations: [], logprobs: [] }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [text] }
  const call = {
    id: 'fc_1',
    type: 'function_call',
    call_id: 'c1',
    name: 'look',
    arguments: '{"a":1}',
    status: 'completed',
  }
  const custom = { id: 'ctc_1', type: 'custom_tool_call', call_id: 'c2', name: 'run', input: 'ls' }
  const search = {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'q' },
  }
  const ofThought = { item_id: 'rs_1', output_index: 0 }
  const ofText = { item_id: 'msg_1', output_index: 1, content_index: 0 }
  const ofCall = { item_id: 'fc_1', output_index: 2 }
  const ofCustom = { item_id: 'ctc_1', output_index: 3 }
  const part = { type: 'summary_text', text: '' }
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 17,
  }
  const events: readonly (readonly [type: string, members: object])[] = [
    ['response.created', { response }],
    ['response.in_progress', { response }],
    ['response.output_item.added', { output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } }],
    ['response.reasoning_summary_part.added', { ...ofThought, summary_index: 0, part }],
    ['response.reasoning_summary_text.delta', { ...ofThought, summary_index: 0, delta: 'Hm' }],
    ['response.reasoning_summary_text.done', { ...ofThought, summary_index: 0, text: 'Hm' }],
    [
      'response.reasoning_summary_part.done',
      { ...ofThought, summary_index: 0, part: { ...part, text: 'Hm' } },
    ],
    ['response.reasoning_summary_part.added', { ...ofThought, summary_index: 1, part }],
    ['response.reasoning_summary_text.delta', { ...ofThought, summary_index: 1, delta: 'So' }],
    ['response.reasoning_summary_text.done', { ...ofThought, summary_index: 1, text: 'So' }],
    [
      'response.reasoning_summary_part.done',
      { ...ofThought, summary_index: 1, part: { ...part, text: 'So' } },
    ],
    ['response.output_item.done', { output_index: 0, item: thought }],
    [
      'response.output_item.added',
      { output_index: 1, item: { ...message, status: 'in_progress', content: [] } },
    ],
    ['response.content_part.added', { ...ofText, part: { ...text, text: '' } }],
    ['response.output_text.delta', { ...ofText, delta: 'Grü', logprobs: [] }],
    ['response.output_text.delta', { ...ofText, delta: 'ße 🌍', logprobs: [] }],
    ['response.output_text.done', { ...ofText, text: text.text, logprobs: [] }],
    ['response.content_part.done', { ...ofText, part: text }],
    ['response.output_item.done', { output_index: 1, item: message }],
    [
      'response.output_item.added',
      { output_index: 2, item: { ...call, arguments: '', status: 'in_progress' } },
    ],
    ['response.function_call_arguments.delta', { ...ofCall, delta: '{"a"' }],
    ['response.function_call_arguments.delta', { ...ofCall, delta: ':1}' }],
    ['response.function_call_arguments.done', { ...ofCall, name: 'look', arguments: '{"a":1}' }],
    ['response.output_item.done', { output_index: 2, item: call }],
    ['response.output_item.added', { output_index: 3, item: { ...custom, input: '' } }],
    ['response.custom_tool_call_input.delta', { ...ofCustom, delta: 'ls' }],
    ['response.custom_tool_call_input.done', { ...ofCustom, input: 'ls' }],
    ['response.output_item.done', { output_index: 3, item: custom }],
    ['response.output_item.added', { output_index: 4, item: { ...search, status: 'in_progress' } }],
    ['response.web_search_call.searching', { output_index: 4, item_id: 'ws_1' }],
    ['response.output_item.done', { output_index: 4, item: search }],
    [
      'response.completed',
      {
        response: {
          ...response,
          status: 'completed',
          output: [thought, message, call, custom, search],
          usage,
        },
      },
    ],
  ]
  return events.map(([type, members], sequence_number) =>
    JSON.stringify({ type, sequence_number, ...members }),
  )
}

/** The bytes of these events, as the vendor frames them. */
export function framed(events: readonly string[]): string {
  return events.map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`).join('')
}
