import type { ChatAnswerFacts } from '../../../../../src/dialects/chat-codec.ts'
import { openaiResponses } from '../../../../../src/dialects/openai/responses/response-codec.ts'
import type { ChatRequest } from '../../../../../src/provider/contract.ts'

export const vendor = 'openai'
export const facts: ChatAnswerFacts = {
  id: 'resp_r',
  model: 'm',
  createdMs: Date.UTC(2026, 0, 1),
  includeUsage: true,
}

/** A request with everything that this format carries. */
export const full: ChatRequest = {
  model: 'some-model',
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
    { role: 'developer', content: [{ type: 'text', text: 'Say "sir"' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'https://example.com/cat.png', detail: 'low' },
        { type: 'image', fileId: 'file-1', detail: 'high' },
        { type: 'file', url: 'data:application/pdf;base64,AA==', filename: 'cat.pdf' },
        { type: 'file', url: 'https://example.com/cat.pdf' },
        { type: 'file', fileId: 'file-2' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'A cat?', signature: 'rs_1', encrypted: 'sealed', signedBy: 'openai' },
        { type: 'text', text: 'Let me look' },
        { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' },
        { type: 'tool-call', id: 'call-0', name: 'query', arguments: 'select 1', custom: true },
      ],
    },
    { role: 'tool', toolCallId: 'call-1', name: 'look', content: [{ type: 'text', text: 'a cat' }] },
    {
      role: 'tool',
      toolCallId: 'call-0',
      content: [
        { type: 'text', text: 'one' },
        { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' },
      ],
    },
    { role: 'assistant', content: [{ type: 'refusal', text: 'No' }] },
    { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
  ],
  maxOutputTokens: 100,
  temperature: 0.5,
  topP: 0.9,
  tools: [
    {
      type: 'custom',
      name: 'query',
      description: 'Runs SQL',
      format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
    },
    {
      type: 'function',
      name: 'look',
      strict: true,
      description: 'Looks',
      parameters: { type: 'object', properties: { at: { type: 'integer' } } },
    },
  ],
  toolChoice: { name: 'look' },
  parallelToolCalls: false,
  reasoningEffort: 'low',
  responseSchema: {
    name: 'answer',
    strict: true,
    description: 'What to say',
    schema: { type: 'object', properties: {}, additionalProperties: false },
  },
  endUser: 'someone',
}

export const print = (request: ChatRequest, more: object = {}): Record<string, unknown> =>
  JSON.parse(openaiResponses.print(request, { stream: false, vendor, ...more }))

export const parse = (body: object): ChatRequest => openaiResponses.parse(JSON.stringify(body)).request

export function withoutNative({ native: _, ...read }: ChatRequest): ChatRequest {
  return read
}
