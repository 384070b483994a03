import type { ChatEventPart, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'

/** A request that was not written in any vendor's format, with all that Anthropic's format can say. */
export const wholeRequest: ChatRequest = {
  model: 'some-model',
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief', cacheMark: { ttl: '1h' } }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'https://example.com/cat.png' },
        { type: 'image', url: 'data:image/png;base64,AAAA' },
        { type: 'image', fileId: 'file_1' },
        { type: 'file', url: 'data:application/pdf;base64,AAAA', filename: 'cat.pdf', cacheMark: {} },
        { type: 'file', url: 'https://example.com/cat.pdf' },
        { type: 'file', url: 'data:text/plain;base64,R3LDvMOfZQ==', filename: 'greeting' },
        { type: 'file', fileId: 'file_2', options: { anthropic: { citations: { enabled: true } } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'abc', signedBy: 'anthropic' },
        { type: 'reasoning', text: '', encrypted: 'def', signedBy: 'anthropic' },
        { type: 'text', text: 'I look' },
        { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":12345678901234567890}' },
        { type: 'tool-call', id: 'call-2', name: 'rest', arguments: '{}' },
      ],
    },
    {
      role: 'tool',
      toolCallId: 'call-1',
      content: [
        { type: 'text', text: 'a cat' },
        { type: 'image', url: 'data:image/webp;base64,AAAA', cacheMark: { ttl: '5m' } },
      ],
    },
    { role: 'tool', toolCallId: 'call-2', toolFailed: true, content: [{ type: 'text', text: 'no' }] },
    { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
  ],
  maxOutputTokens: 4000,
  topP: 0.97,
  stop: ['END'],
  tools: [
    {
      type: 'function',
      name: 'look',
      description: 'Looks',
      parameters: { type: 'object', properties: { at: { type: 'integer' } } },
      strict: true,
      cacheMark: {},
    },
    {
      type: 'opaque',
      vendor: 'anthropic',
      kind: 'web_search_20250305',
      data: { type: 'web_search_20250305', name: 'web_search' },
      required: true,
    },
  ],
  toolChoice: 'auto',
  parallelToolCalls: false,
  reasoningEffort: 'low',
  reasoningTokens: 2000,
  responseSchema: { name: 'answer', schema: { type: 'object', properties: {} }, strict: true },
  endUser: 'user-1',
}

/** An answer of another vendor. */
export const foreignReply: ChatReply = {
  id: 'reply-1',
  model: 'some-model',
  choices: [
    {
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'sig', signedBy: 'google' },
        { type: 'reasoning', text: '', encrypted: 'hidden', signedBy: 'openai' },
        { type: 'text', text: 'Hello' },
        { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' },
        { type: 'opaque', vendor: 'google', kind: 'code', data: {} },
      ],
      finishReason: 'stop',
    },
  ],
  usage: {
    inputTokens: 3,
    outputTokens: 5,
    cacheReadTokens: 2,
    cacheWriteTokens: 7,
    longCacheWriteTokens: 4,
    reasoningTokens: 1,
    units: { searches: 2 },
  },
}

/** The parts of a streamed answer of another vendor, which tells the usage after the end. */
export const foreignParts: readonly ChatEventPart[] = [
  { type: 'reasoning-delta', choice: 0, block: 0, text: 'H' },
  { type: 'reasoning-delta', choice: 0, block: 0, text: 'm' },
  { type: 'reasoning-delta', choice: 0, block: 0, text: '', signature: 'sig', signedBy: 'google' },
  { type: 'text-delta', choice: 0, block: 1, text: 'Hel' },
  { type: 'text-delta', choice: 0, block: 1, text: 'lo' },
  { type: 'tool-call-delta', choice: 0, block: 4, id: 'call-1', name: 'look', arguments: '' },
  { type: 'tool-call-delta', choice: 0, block: 4, arguments: '{"at"' },
  { type: 'tool-call-delta', choice: 0, block: 5, id: 'call-2', name: 'rest', arguments: '{' },
  { type: 'tool-call-delta', choice: 0, block: 4, arguments: ':1}' },
  { type: 'tool-call-delta', choice: 0, block: 5, arguments: '}' },
  { type: 'finish', choice: 0, finishReason: 'tool-calls' },
  { type: 'usage', usage: { inputTokens: 3, outputTokens: 5, cacheReadTokens: 2 } },
]

/** A stream as the vendor writes it, with spaces of its own and all that the contract reads. */
export const vendorEvents: readonly string[] = [
  '{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"cache_creation_input_tokens":9,"cache_read_input_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":4},"output_tokens":1}}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}   }',
  '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}  }',
  '{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}',
  '{"type":"content_block_stop","index":0             }',
  '{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"def"}}',
  '{"type":"content_block_stop","index":1}',
  '{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}',
  '{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Grüße 🌍"}}',
  '{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":1,"file_id":null}}}',
  '{"type":"content_block_stop","index":2}',
  '{"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}}}',
  '{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\\"query\\":1}"}}',
  '{"type":"content_block_stop","index":3}',
  '{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"toolu_1","name":"look","input":{},"caller":{"type":"direct"}}}',
  '{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":""}}',
  '{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\\"at\\":"}}',
  '{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"1}"}}',
  '{"type":"content_block_stop","index":4}',
  '{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"toolu_2","name":"rest","input":{},"caller":{"type":"direct"}}}',
  '{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":""}}',
  '{"type":"content_block_stop","index":5}',
  '{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":50,"output_tokens_details":{"thinking_tokens":7},"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0}}}',
  '{"type":"message_stop"}',
]

export function framed(data: string): string {
  return `event: ${(JSON.parse(data) as { readonly type: string }).type}\ndata: ${data}\n\n`
}
