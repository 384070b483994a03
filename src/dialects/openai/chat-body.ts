import type { JsonRecord } from '../../json.ts'
import type { ChatRequest, ChatTool } from '../../provider/contract.ts'
import type { Carriage } from '../carriage.ts'
import { refuseEmpty } from '../refuse-empty.ts'
import { openaiVendor, optionsFor, withOptions } from './left-over.ts'
import { openaiMessage } from './messages/message-wire.ts'
import { type OpenaiPrinting, type WireContext, wireContext } from './printing.ts'
import { withStrict } from './schema/strict-schema.ts'

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
  reasoningTokens: ['reasoning_effort'],
  responseFormat: ['response_format'],
  responseSchema: ['response_format'],
  endUser: ['user', 'safety_identifier'],
}

export const wireFields = Object.keys(wireNames) as readonly WireField[]

/** The body of `POST /chat/completions` for a request that did not come in this dialect. */
export function openaiChatBody(request: ChatRequest, printing: OpenaiPrinting): JsonRecord {
  const context = wireContext(printing, '', false)
  context.carriage.unread(request)
  // Whether the answer is a stream is the call's own matter.
  const { stream: _, stream_options: __, ...own } = request.options?.[printing.vendor] ?? {}
  const body: Record<string, unknown> = { ...own, model: request.model }
  for (const field of wireFields) {
    if (request[field] === undefined) continue
    const value = wireValue(request, field, context)
    if (value !== undefined) body[writtenName(field, printing)] = value
  }
  if (!printing.stream) return body
  const asked = printing.streamUsage === 'always' ? {} : { stream_options: { include_usage: true } }
  return { ...body, stream: true, ...asked }
}

export function writtenName(field: WireField, { maxTokensField }: OpenaiPrinting): string {
  return field === 'maxOutputTokens' ? maxTokensField : (wireNames[field][0] ?? field)
}

/** What the field's member says. Undefined for what this format does not say. */
export function wireValue(request: ChatRequest, field: WireField, context: WireContext): unknown {
  const { carriage, extensions, isOwn } = context
  switch (field) {
    case 'messages':
      refuseEmpty(request.messages, carriage)
      return request.messages.map((message, index) =>
        openaiMessage(message, { ...context, path: `messages[${index}]` }),
      )
    case 'tools':
      return request.tools?.flatMap((tool, index) => wireTool(tool, { ...context, path: `tools[${index}]` }))
    case 'toolChoice':
      return wireToolChoice(request.toolChoice)
    case 'responseSchema':
    case 'responseFormat':
      return wireFormat(request, context)
    case 'reasoningTokens':
      return wireEffort(request, carriage)
    case 'topK':
      if (isOwn || extensions.has('top_k')) return request.topK
      carriage.approximate('topK', 'left out')
      return undefined
    default:
      return request[field]
  }
}

function wireFormat(
  { responseSchema, responseFormat }: ChatRequest,
  { carriage, isOwn }: WireContext,
): JsonRecord | undefined {
  if (responseSchema === undefined) return responseFormat && { type: 'json_object' }
  return {
    type: 'json_schema',
    json_schema: isOwn ? responseSchema : withStrict(responseSchema, carriage),
  }
}

/** OpenAI has words for how much to reason, and no number. The steps are those at which other gateways change the word. */
function wireEffort(
  { reasoningEffort, reasoningTokens }: ChatRequest,
  carriage: Carriage,
): string | undefined {
  if (reasoningTokens === undefined) return reasoningEffort
  const word = reasoningEffort ?? effortOf(reasoningTokens)
  carriage.approximate('reasoningTokens', `reasoning_effort "${word}"`)
  return word
}

function effortOf(tokens: number): string {
  if (tokens === 0) return 'none'
  if (tokens <= 1024) return 'low'
  return tokens <= 8192 ? 'medium' : 'high'
}

function wireTool(tool: ChatTool, context: WireContext): readonly JsonRecord[] {
  const { vendor, path, carriage, extensions, isOwn } = context
  if (tool.type === 'opaque') {
    if (tool.vendor === openaiVendor || tool.vendor === vendor) return [tool.data as JsonRecord]
    if (tool.required === true) carriage.refuse(path, `"${tool.kind}" of ${tool.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  const { type, options, cacheMark, ...declared } =
    tool.type === 'function' ? tool : { ...tool, cacheMark: undefined }
  carriage.options(path, options, [vendor, openaiVendor])
  const isMarked = cacheMark !== undefined && (isOwn || extensions.has('cache_control'))
  if (cacheMark !== undefined && !isMarked) carriage.approximate(`${path}.cacheMark`, 'left out')
  const mark = isMarked ? { cache_control: { type: 'ephemeral', ...cacheMark } } : {}
  return [withOptions(optionsFor(tool, vendor), { ...mark, type, [type]: declared })]
}

function wireToolChoice(choice: ChatRequest['toolChoice']): unknown {
  if (typeof choice !== 'object') return choice
  const type = choice.custom === true ? 'custom' : 'function'
  return { type, [type]: { name: choice.name } }
}
