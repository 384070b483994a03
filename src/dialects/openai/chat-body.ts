import type { JsonRecord } from '../../json.ts'
import type { ChatRequest, ChatTool } from '../../provider/contract.ts'
import type { ChatPrinting } from '../chat-codec.ts'
import { openaiVendor } from './left-over.ts'
import { cannotSay, openaiMessage } from './messages/message-wire.ts'

export interface OpenaiPrinting extends ChatPrinting {
  /**
   * The server's name for the limit on output tokens. OpenAI deprecated `max_tokens`. Some other servers know
   * only `max_tokens`.
   */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
}

export type WireField = Exclude<keyof ChatRequest, 'model' | 'options' | 'unread' | 'native'>

/** The members that say each field. The first is the one to write. */
export const wireNames: Readonly<Record<WireField, readonly string[]>> = {
  messages: ['messages'],
  maxOutputTokens: ['max_completion_tokens', 'max_tokens'],
  choices: ['n'],
  temperature: ['temperature'],
  topP: ['top_p'],
  topK: ['top_k'],
  frequencyPenalty: ['frequency_penalty'],
  presencePenalty: ['presence_penalty'],
  stop: ['stop'],
  seed: ['seed'],
  tools: ['tools', 'functions'],
  toolChoice: ['tool_choice', 'function_call'],
  parallelToolCalls: ['parallel_tool_calls'],
  reasoningEffort: ['reasoning_effort'],
  reasoningTokens: [],
  responseFormat: ['response_format'],
  responseSchema: ['response_format'],
  endUser: ['user'],
}

export const wireFields = Object.keys(wireNames) as readonly WireField[]

/** The body of `POST /chat/completions` for a request that did not come in this dialect. */
export function openaiChatBody(request: ChatRequest, printing: OpenaiPrinting): JsonRecord {
  const body: Record<string, unknown> = { ...request.options?.[printing.vendor], model: request.model }
  for (const field of wireFields) {
    if (request[field] !== undefined) body[writtenName(field, printing)] = wireValue(request, field, printing)
  }
  return printing.stream ? { ...body, stream: true, stream_options: { include_usage: true } } : body
}

export function writtenName(field: WireField, { maxTokensField }: OpenaiPrinting): string {
  return field === 'maxOutputTokens' ? maxTokensField : (wireNames[field][0] ?? field)
}

export function wireValue(request: ChatRequest, field: WireField, { vendor }: OpenaiPrinting): unknown {
  const { messages, tools, toolChoice, responseSchema } = request
  if (field === 'messages') {
    return messages.map((message, index) => openaiMessage(message, { vendor, path: `messages[${index}]` }))
  }
  if (field === 'tools') return tools?.flatMap((tool, index) => wireTool(tool, index, vendor))
  if (field === 'toolChoice') return wireToolChoice(toolChoice)
  if (field !== 'responseSchema') return request[field]
  return { type: 'json_schema', json_schema: { ...responseSchema, strict: true } }
}

function wireTool(tool: ChatTool, index: number, vendor: string): readonly JsonRecord[] {
  if (tool.type === 'opaque') {
    if (tool.vendor === openaiVendor || tool.vendor === vendor) return [tool.data as JsonRecord]
    if (tool.required !== true) return []
    throw cannotSay(`"${tool.kind}" of ${tool.vendor}`, 'leave it out', { path: `tools[${index}]` })
  }
  const { type, options, ...declared } = tool
  return [{ ...options?.[vendor], type, [type]: declared }]
}

function wireToolChoice(choice: ChatRequest['toolChoice']): unknown {
  if (typeof choice !== 'object') return choice
  const type = choice.custom === true ? 'custom' : 'function'
  return { type, [type]: { name: choice.name } }
}
