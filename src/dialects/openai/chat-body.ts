import { type JsonRecord, sameJson } from '../../json.ts'
import {
  type ChatMessage,
  type ChatRequest,
  type ChatTool,
  editedFields,
  type Original,
  originalOf,
} from '../../provider/contract.ts'
import type { ChatPrinting } from '../chat-codec.ts'
import { elementsOf, listOf, membersOf, patchMembers } from '../json-text.ts'
import { bodyText } from './body-text.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiVendor } from './left-over.ts'
import { cannotSay, openaiMessage } from './message-wire.ts'

export interface OpenaiPrinting extends ChatPrinting {
  /**
   * The server's name for the limit on output tokens. OpenAI deprecated `max_tokens`. Some other servers know
   * only `max_tokens`.
   */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
}

type Field = Exclude<keyof ChatRequest, 'model' | 'options' | 'native'>

/** The members that say each field. The first is the one to write. */
const wireNames: Readonly<Record<Field, readonly string[]>> = {
  messages: ['messages'],
  maxOutputTokens: ['max_completion_tokens', 'max_tokens'],
  choices: ['n'],
  temperature: ['temperature'],
  topP: ['top_p'],
  stop: ['stop'],
  seed: ['seed'],
  tools: ['tools', 'functions'],
  toolChoice: ['tool_choice', 'function_call'],
  parallelToolCalls: ['parallel_tool_calls'],
  reasoningEffort: ['reasoning_effort'],
  responseSchema: ['response_format'],
}

const fields = Object.keys(wireNames) as readonly Field[]

/** The body of `POST /chat/completions`, as `print` of a codec. */
export function printOpenaiChat(request: ChatRequest, printing: OpenaiPrinting): string {
  const original = originalOf(request, openaiChatDialect)
  return original === undefined
    ? bodyText(openaiChatBody(request, printing))
    : patchOpenaiChat(request, original, printing)
}

function openaiChatBody(request: ChatRequest, printing: OpenaiPrinting): JsonRecord {
  const body: Record<string, unknown> = { ...request.options?.[printing.vendor], model: request.model }
  for (const field of fields) {
    if (request[field] !== undefined) body[writtenName(field, printing)] = wireValue(request, field, printing)
  }
  return printing.stream ? { ...body, stream: true, stream_options: { include_usage: true } } : body
}

function writtenName(field: Field, { maxTokensField }: OpenaiPrinting): string {
  return field === 'maxOutputTokens' ? maxTokensField : (wireNames[field][0] ?? field)
}

function wireValue(request: ChatRequest, field: Field, { vendor }: OpenaiPrinting): unknown {
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

function patchOpenaiChat(
  request: ChatRequest,
  original: Original<ChatRequest>,
  printing: OpenaiPrinting,
): string {
  const edits: Record<string, string | undefined> = {
    model: JSON.stringify(request.model),
    ...renamedLimit(original.body, printing),
    ...streamEdits(original, printing),
  }
  for (const field of editedFields(request, original.value)) {
    if (field === 'options') Object.assign(edits, optionEdits(request, printing))
    else if (isField(field)) Object.assign(edits, fieldEdits(request, original, field, printing))
  }
  return patchMembers(original.text, edits)
}

function isField(field: keyof ChatRequest): field is Field {
  return field in wireNames
}

function fieldEdits(
  request: ChatRequest,
  original: Original<ChatRequest>,
  field: Field,
  printing: OpenaiPrinting,
): Record<string, string | undefined> {
  const edits: Record<string, string | undefined> = {}
  for (const name of wireNames[field]) edits[name] = undefined
  if (request[field] === undefined) return edits
  edits[writtenName(field, printing)] =
    field === 'messages'
      ? patchedMessages(request.messages, original, printing)
      : bodyText(wireValue(request, field, printing))
  return edits
}

/** Messages that were not edited keep their text. */
function patchedMessages(
  messages: readonly ChatMessage[],
  { text, value }: Original<ChatRequest>,
  { vendor }: OpenaiPrinting,
): string {
  const member = membersOf(text).findLast(({ name }) => name === 'messages')
  const spans = member === undefined ? [] : elementsOf(text, member.value)
  const places = new Map(value.messages.map((message, index) => [message, index]))
  return listOf(
    text,
    messages.map((message, index) => {
      const same = sameJson(message, value.messages[index]) ? index : undefined
      const span = spans[places.get(message) ?? same ?? -1]
      return span ?? bodyText(openaiMessage(message, { vendor, path: `messages[${index}]` }))
    }),
  )
}

function optionEdits(request: ChatRequest, { vendor }: OpenaiPrinting): Record<string, string | undefined> {
  const edits: Record<string, string | undefined> = {}
  const said = new Set(['model', 'stream', 'stream_options'])
  for (const field of fields) {
    if (request[field] !== undefined) for (const name of wireNames[field]) said.add(name)
  }
  for (const [name, value] of Object.entries(request.options?.[vendor] ?? {})) {
    if (!said.has(name)) edits[name] = bodyText(value)
  }
  return edits
}

/** A server that knows only `max_tokens` would ignore the newer name, and with it a cap from the policy. */
function renamedLimit(
  body: JsonRecord,
  { maxTokensField }: OpenaiPrinting,
): Record<string, string | undefined> {
  const { max_completion_tokens: limit, max_tokens: older } = body
  if (maxTokensField !== 'max_tokens' || typeof limit !== 'number') return {}
  const least = typeof older === 'number' ? Math.min(limit, older) : limit
  return { max_completion_tokens: undefined, max_tokens: JSON.stringify(least) }
}

/** A stream always asks for usage, so that it can be counted. */
function streamEdits(
  { text, body }: Original<ChatRequest>,
  { stream }: OpenaiPrinting,
): Record<string, string | undefined> {
  if (!stream) return body.stream === true ? { stream: undefined, stream_options: undefined } : {}
  const edits: Record<string, string | undefined> = body.stream === true ? {} : { stream: 'true' }
  const options = body.stream_options as JsonRecord | null | undefined
  if (options?.include_usage === true) return edits
  const usage = { include_usage: 'true' }
  const member = membersOf(text).findLast(({ name }) => name === 'stream_options')
  const given = options == null || member === undefined ? '{}' : text.slice(member.value, member.to)
  return { ...edits, stream_options: patchMembers(given, usage) }
}
