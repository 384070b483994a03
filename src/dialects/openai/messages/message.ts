import type { JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart, VendorOptions } from '../../../provider/contract.ts'
import { badField, JsonFields } from '../../json-fields.ts'
import { leftOver, leftOverWithin, openaiVendor } from '../left-over.ts'
import { parseContentPart } from './message-part.ts'
import {
  besideSignature,
  besideThoughts,
  readReasoningDetails,
  readSignedContent,
} from './reasoning-details.ts'

const roleNames = 'system, developer, user, assistant, tool or function'

const roles: ReadonlyMap<string, ChatMessage['role']> = new Map([
  ['system', 'system'],
  ['developer', 'developer'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  // The older form of `tool`. It names the function, because calls had no ids.
  ['function', 'tool'],
])

const known: ReadonlySet<string> = new Set(['role', 'content', 'name', 'tool_call_id'])

/** What only an answer of the model has. In another message it is left over. */
const knownInAnswers: ReadonlySet<string> = new Set([
  ...known,
  'refusal',
  'audio',
  'tool_calls',
  'function_call',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'extra_content',
])

/** The ids of the calls in the older form, by function. The latest call of a function is the open one. */
type OlderCalls = Map<string, string>

/** Reads `messages`. Throws `bad-request` when the list is missing or empty. */
export function parseOpenaiMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw badField('messages', value, 'a list of at least one message')
  }
  const older: OlderCalls = new Map()
  return value.map((message, index) => parseMessage(message, index, older))
}

function parseMessage(value: unknown, index: number, older: OlderCalls): ChatMessage {
  const fields = new JsonFields(value, `messages[${index}]`)
  const given = fields.string('role', roleNames)
  const role = roles.get(given)
  if (role === undefined) throw fields.wrong('role', roleNames)
  const content = contentParts(fields)
  if (content.length === 0 && fields.value('content') === undefined && role !== 'assistant') {
    throw fields.wrong('content', 'a string or a list of content parts')
  }
  const name =
    given === 'function' ? fields.string('name', "the function's name") : fields.optionalString('name')
  return {
    role,
    content: role === 'assistant' ? assistantParts(fields, content, `function-${index}`, older) : content,
    ...(name === undefined ? {} : { name }),
    ...(role === 'tool' ? { toolCallId: answeredCall(fields, given, older, index) } : {}),
    ...(role === 'assistant' ? leftInAnswer(fields.record, content) : leftOver(fields.record, known)),
  }
}

/** What is left over of an answer, with what its members say besides what was read of them. */
function leftInAnswer(
  record: JsonRecord,
  content: readonly ChatPart[],
): { readonly options?: VendorOptions } {
  const extra = record.extra_content
  const isSigned = content.some(({ type }) => type === 'text')
  const rest = {
    ...leftOver(record, knownInAnswers).options?.[openaiVendor],
    ...leftOverWithin(record, allOf(record), 'audio', audioFields).options?.[openaiVendor],
    ...leftOverWithin(record, allOf(record), 'function_call', calledFields).options?.[openaiVendor],
    ...besideThoughts(record.reasoning_details),
    ...(isSigned ? besideSignature(extra) : extra == null ? {} : { extra_content: extra }),
  }
  return Object.keys(rest).length === 0 ? {} : { options: { [openaiVendor]: rest } }
}

function allOf(record: JsonRecord): ReadonlySet<string> {
  return new Set(Object.keys(record))
}

function answeredCall(fields: JsonFields, role: string, older: OlderCalls, index: number): string {
  if (role === 'tool') return fields.string('tool_call_id', 'the id of the call that this answers')
  return older.get(fields.string('name')) ?? `function-${index}`
}

function contentParts(fields: JsonFields): readonly ChatPart[] {
  const content = fields.value('content')
  if (content === undefined) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw fields.wrong('content', 'a string or a list of content parts')
  return content.map((part, index) => parseContentPart(part, `${fields.at('content')}[${index}]`))
}

/** All parts of an assistant's message, those that are not in `content` included. */
function assistantParts(
  fields: JsonFields,
  content: readonly ChatPart[],
  callId: string,
  older: OlderCalls,
): readonly ChatPart[] {
  const refusal = fields.optionalString('refusal')
  const audio = fields.optionalFields('audio')
  const calls = fields.optionalList('tool_calls', 'a list of tool calls') ?? []
  const call = fields.optionalFields('function_call')
  if (call !== undefined) older.set(call.string('name'), callId)
  return [
    ...reasoningOf(fields.record),
    ...signedBy(content, fields.record),
    ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ...(audio === undefined ? [] : [{ type: 'audio' as const, fileId: audio.string('id') }]),
    ...calls.map((each, index) => parseToolCall(each, `${fields.at('tool_calls')}[${index}]`)),
    ...(call === undefined ? [] : [functionCall(call, callId)]),
  ]
}

/** OpenAI has no field for it. Servers that give it call it by one of these names. */
export const reasoningNames = ['reasoning_content', 'reasoning'] as const

/** Thoughts with their signatures count, and the text beside them is the same again. */
function reasoningOf(record: JsonRecord): readonly ChatPart[] {
  const details = readReasoningDetails(record.reasoning_details)
  if (details !== undefined) return details.map((thought) => ({ type: 'reasoning', ...thought }))
  for (const name of reasoningNames) {
    const text = record[name]
    // Remembered, because OpenAI itself refuses the field.
    if (typeof text === 'string') return [{ type: 'reasoning', text, options: { openai: { field: name } } }]
  }
  return []
}

/** A signature of the message belongs to its last text. */
function signedBy(content: readonly ChatPart[], { extra_content: extra }: JsonRecord): readonly ChatPart[] {
  const signed = extra === undefined ? {} : readSignedContent(extra)
  const last = content.findLastIndex(({ type }) => type === 'text')
  return signed.signature === undefined
    ? content
    : content.map((part, index) => (index === last ? { ...part, ...signed } : part))
}

const callFields: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom', 'index'])

/** What is read of a function that is called, or of a custom tool. */
const calledFields: ReadonlySet<string> = new Set(['name', 'arguments', 'input'])
const audioFields: ReadonlySet<string> = new Set(['id'])

function parseToolCall(value: unknown, path: string): ChatPart {
  const call = new JsonFields(value, path)
  const extra = call.value('extra_content')
  const { extra_content: _, ...record } = call.record
  const left = { ...record, ...besideSignature(extra) }
  const kind = call.value('function') === undefined ? 'custom' : 'function'
  const more = { ...readSignedContent(extra), ...leftOverWithin(left, callFields, kind, calledFields) }
  const called = call.optionalFields('function')
  if (called !== undefined) return { ...functionCall(called, call.string('id')), ...more }
  const custom = call.optionalFields('custom')
  if (custom === undefined) throw call.wrong('function', 'an object with a name and arguments')
  const text = custom.string('input', 'the input as a text')
  return {
    type: 'tool-call',
    id: call.string('id'),
    name: custom.string('name'),
    arguments: text,
    custom: true,
    ...more,
  }
}

function functionCall(called: JsonFields, id: string): ChatPart {
  const text = called.string('arguments', 'the arguments as a JSON text')
  return { type: 'tool-call', id, name: called.string('name'), arguments: text }
}
