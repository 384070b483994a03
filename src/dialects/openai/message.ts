import { isRecord, type JsonRecord } from '../../json.ts'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { badField, JsonFields } from '../json-fields.ts'

/** The vendor of `opaque` parts that only OpenAI's format has: audio, files, refusals, custom tools. */
export const openaiVendor = 'openai'

const roles: ReadonlyMap<string, ChatMessage['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
])

/** Reads one entry of `messages`. Throws `bad-request` with the name of the field. */
export function parseOpenaiMessage(value: unknown, path: string): ChatMessage {
  const fields = new JsonFields(value, path)
  const role = roles.get(fields.string('role', 'system, developer, user, assistant or tool'))
  if (role === undefined) throw fields.wrong('role', 'system, developer, user, assistant or tool')
  const content = [...contentParts(fields), ...(role === 'assistant' ? assistantParts(fields) : [])]
  if (content.length === 0 && fields.value('content') === undefined && role !== 'assistant') {
    throw fields.wrong('content', 'a string or a list of content parts')
  }
  if (role !== 'tool') return { role, content }
  return { role, content, toolCallId: fields.string('tool_call_id', 'the id of the call that this answers') }
}

function contentParts(fields: JsonFields): readonly ChatPart[] {
  const content = fields.value('content')
  if (content === undefined) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw fields.wrong('content', 'a string or a list of content parts')
  return content.map((part, index) => contentPart(part, `${fields.at('content')}[${index}]`))
}

function contentPart(value: unknown, path: string): ChatPart {
  const part = new JsonFields(value, path)
  const type = part.string('type', 'text, image_url or another kind of part')
  if (type === 'text') return { type: 'text', text: part.string('text') }
  const image = type === 'image_url' ? part.optionalFields('image_url') : undefined
  // The contract's image part has no `detail`, so an image with `detail` stays as the caller wrote it.
  if (image !== undefined && image.value('detail') === undefined) {
    return { type: 'image', url: image.string('url', 'an https: or data: URL') }
  }
  if (type === 'image_url' && image === undefined) throw part.wrong('image_url', 'an object with a url')
  return { type: 'opaque', vendor: openaiVendor, data: part.record }
}

/** The parts of an assistant's message that are not in `content`. Requests and replies may have them. */
function assistantParts(fields: JsonFields): readonly ChatPart[] {
  const refusal = fields.optionalString('refusal')
  const calls = fields.optionalList('tool_calls', 'a list of tool calls') ?? []
  return [
    ...(refusal === undefined ? [] : [refusalPart(refusal)]),
    ...calls.map((call, index) => toolCall(call, `${fields.at('tool_calls')}[${index}]`)),
  ]
}

function toolCall(value: unknown, path: string): ChatPart {
  const call = new JsonFields(value, path)
  const called = call.optionalFields('function')
  if (called === undefined) return { type: 'opaque', vendor: openaiVendor, data: call.record }
  return {
    type: 'tool-call',
    id: call.string('id'),
    name: called.string('name'),
    arguments: called.string('arguments', 'the arguments as a JSON text'),
  }
}

export function refusalPart(refusal: string): ChatPart {
  return { type: 'opaque', vendor: openaiVendor, data: { type: 'refusal', refusal } }
}

/** One entry of `messages` in OpenAI's format. Opaque parts of other vendors are left out. */
export function openaiMessage(message: ChatMessage): JsonRecord {
  const content = message.content.flatMap(wirePart)
  const [only] = content
  const shown = content.length === 1 && only?.type === 'text' ? only.text : content
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId ?? '', content: shown }
  if (message.role !== 'assistant') return { role: message.role, content: shown }
  const calls = message.content.flatMap(wireCall)
  return {
    role: 'assistant',
    content: content.length === 0 ? null : shown,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function wirePart(part: ChatPart): readonly JsonRecord[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  if (part.type === 'image') return [{ type: 'image_url', image_url: { url: part.url } }]
  if (part.type === 'opaque' && part.vendor === openaiVendor && isRecord(part.data) && !isCall(part.data)) {
    return [part.data]
  }
  return []
}

/** The part as a list of entries for `tool_calls`, with one entry or no entry. */
export function wireCall(part: ChatPart): readonly JsonRecord[] {
  if (part.type === 'tool-call') {
    return [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } }]
  }
  if (part.type === 'opaque' && part.vendor === openaiVendor && isRecord(part.data) && isCall(part.data)) {
    return [part.data]
  }
  return []
}

function isCall(data: JsonRecord): boolean {
  return data.type === 'custom' || data.type === 'function'
}

/** Reads `messages`. Throws `bad-request` when the list is missing or empty. */
export function parseOpenaiMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw badField('messages', value, 'a list of at least one message')
  }
  return value.map((message, index) => parseOpenaiMessage(message, `messages[${index}]`))
}
