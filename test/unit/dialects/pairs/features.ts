/** What a chat can say, one thing at a time. */

import type { ChatPart, ChatRequest, ChatTool } from 'modelspine/adapter'

export interface Feature {
  /** The row of the table. */
  readonly name: string
  readonly request: ChatRequest
}

const text = (said: string): ChatPart => ({ type: 'text', text: said })
const user = (...content: readonly ChatPart[]): ChatRequest['messages'][number] => ({ role: 'user', content })
const look: ChatTool = {
  type: 'function',
  name: 'look',
  parameters: { type: 'object', properties: { at: { type: 'integer' } }, required: ['at'] },
}
const call: ChatPart = { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"at":1}' }
const schema = {
  type: 'object',
  properties: { at: { type: 'integer' } },
  required: ['at'],
  additionalProperties: false,
}

function asking(more: Partial<ChatRequest>): ChatRequest {
  return { model: 'm', maxOutputTokens: 100, messages: [user(text('Hi'))], ...more }
}

/** A call of a tool, and its answer. */
function calling(
  answer: readonly ChatPart[],
  assistant: readonly ChatPart[] = [call],
  failed?: true,
): ChatRequest {
  const toolFailed = failed === undefined ? {} : { toolFailed: failed }
  return asking({
    tools: [look],
    messages: [
      user(text('Look')),
      { role: 'assistant', content: assistant },
      ...assistant.flatMap((part) =>
        part.type === 'tool-call'
          ? [{ role: 'tool' as const, toolCallId: part.id, content: answer, ...toolFailed }]
          : [],
      ),
    ],
  })
}

function thinking(thought: ChatPart): ChatRequest {
  return calling([text('A cat')], [thought, call])
}

const png = 'data:image/png;base64,iVBORw0KGgo='

export const features: readonly Feature[] = [
  {
    name: 'a system message',
    request: asking({ messages: [{ role: 'system', content: [text('Be kind')] }, user(text('Hi'))] }),
  },
  {
    name: 'a system message in the middle',
    request: asking({
      messages: [user(text('Hi')), { role: 'system', content: [text('Be kind')] }, user(text('Yes?'))],
    }),
  },
  { name: "the author's name", request: asking({ messages: [{ ...user(text('Hi')), name: 'ann' }] }) },
  {
    name: 'an image as bytes',
    request: asking({ messages: [user(text('What?'), { type: 'image', url: png })] }),
  },
  {
    name: 'an image at a web address',
    request: asking({
      messages: [user({ type: 'image', url: 'https://example.com/a.png', mediaType: 'image/png' })],
    }),
  },
  {
    name: "an image at a cloud's address",
    request: asking({
      messages: [user({ type: 'image', url: 'gs://bucket/a.png', mediaType: 'image/png' })],
    }),
  },
  {
    name: 'an image by the id of a file',
    request: asking({ messages: [user({ type: 'image', fileId: 'file-1', mediaType: 'image/png' })] }),
  },
  {
    name: 'how closely an image is looked at',
    request: asking({ messages: [user({ type: 'image', url: png, detail: 'low' })] }),
  },
  {
    name: 'audio',
    request: asking({ messages: [user({ type: 'audio', url: 'data:audio/wav;base64,UklGRgAAAAA=' })] }),
  },
  {
    name: 'a file as bytes',
    request: asking({
      messages: [user({ type: 'file', url: 'data:application/pdf;base64,JVBERi0xLjQK', filename: 'a.pdf' })],
    }),
  },
  { name: 'a tool', request: asking({ tools: [look] }) },
  {
    name: 'a tool whose arguments must match exactly',
    request: asking({ tools: [{ ...look, strict: true }] }),
  },
  { name: 'a tool that takes free text', request: asking({ tools: [{ type: 'custom', name: 'write' }] }) },
  { name: 'a tool choice: any tool', request: asking({ tools: [look], toolChoice: 'required' }) },
  { name: 'a tool choice: no tool', request: asking({ tools: [look], toolChoice: 'none' }) },
  { name: 'a tool choice: this tool', request: asking({ tools: [look], toolChoice: { name: 'look' } }) },
  { name: 'one tool call at a time', request: asking({ tools: [look], parallelToolCalls: false }) },
  { name: 'a tool call and its answer', request: calling([text('A cat')]) },
  {
    name: 'parallel tool calls',
    request: calling(
      [text('A cat')],
      [call, { type: 'tool-call', id: 'call_2', name: 'look', arguments: '{"at":2}' }],
    ),
  },
  { name: 'a text before a tool call', request: calling([text('A cat')], [text('I look'), call]) },
  { name: "an image in a tool's answer", request: calling([{ type: 'image', url: png }]) },
  { name: 'a tool that failed', request: calling([text('No eyes')], [call], true) },
  { name: 'thoughts without a signature', request: thinking({ type: 'reasoning', text: 'Hm' }) },
  {
    name: "thoughts with Anthropic's signature",
    request: thinking({ type: 'reasoning', text: 'Hm', signature: 'QUJD', signedBy: 'anthropic' }),
  },
  {
    name: "encrypted thoughts of Anthropic's",
    request: thinking({ type: 'reasoning', text: '', encrypted: 'QUJD', signedBy: 'anthropic' }),
  },
  {
    name: "encrypted thoughts of OpenAI's",
    request: thinking({ type: 'reasoning', text: '', encrypted: 'QUJD', signedBy: 'openai' }),
  },
  {
    name: "a tool call with Gemini's signature",
    request: calling([text('A cat')], [{ ...call, signature: 'QUJD', signedBy: 'google' } as ChatPart]),
  },
  {
    name: 'a refusal of the model',
    request: asking({
      messages: [
        user(text('Hi')),
        { role: 'assistant', content: [{ type: 'refusal', text: 'No' }] },
        user(text('Why?')),
      ],
    }),
  },
  {
    name: 'a mark for the cache',
    request: asking({ messages: [user({ type: 'text', text: 'Long', cacheMark: {} })] }),
  },
  {
    name: 'a mark for the cache, for an hour',
    request: asking({ messages: [user({ type: 'text', text: 'Long', cacheMark: { ttl: '1h' } })] }),
  },
  {
    name: 'a mark for the cache on a tool',
    request: asking({ tools: [{ ...look, cacheMark: {} } as ChatTool] }),
  },
  {
    name: 'a text for a guardrail of Bedrock',
    request: asking({
      messages: [user({ type: 'text', text: 'Hi', options: { bedrock: { guardContent: {} } } })],
    }),
  },
  { name: 'a JSON schema', request: asking({ responseSchema: { name: 'answer', schema, strict: true } }) },
  { name: 'any JSON', request: asking({ responseFormat: 'json' }) },
  { name: 'no limit on output', request: { model: 'm', messages: [user(text('Hi'))] } },
  { name: 'several choices', request: asking({ choices: 2 }) },
  { name: 'a temperature up to 1', request: asking({ temperature: 0.5 }) },
  { name: 'a temperature above 1', request: asking({ temperature: 1.5 }) },
  { name: '`topP`', request: asking({ topP: 0.9 }) },
  { name: '`topK`', request: asking({ topK: 40 }) },
  { name: 'penalties', request: asking({ frequencyPenalty: 0.5, presencePenalty: 0.5 }) },
  { name: 'up to four stop sequences', request: asking({ stop: ['END', 'STOP'] }) },
  { name: 'more stop sequences', request: asking({ stop: ['a', 'b', 'c', 'd', 'e', 'f'] }) },
  { name: 'a seed', request: asking({ seed: 7 }) },
  { name: 'how much to reason, by word', request: asking({ reasoningEffort: 'low' }) },
  {
    name: 'how much to reason, in tokens',
    request: asking({ reasoningTokens: 4096, maxOutputTokens: 10_000 }),
  },
  { name: "the vendor's user", request: asking({ endUser: 'user-1' }) },
  ...['openai', 'anthropic', 'google', 'bedrock'].map((vendor) => ({
    name: `a tool that only ${vendor} has`,
    request: asking({
      tools: [{ type: 'opaque', vendor, kind: 'search', data: { type: 'search' }, required: true }],
    }),
  })),
]
