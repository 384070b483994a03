import { isRecord } from '../../json.ts'
import type { ChatRequest, ChatTool, UnreadField } from '../../provider/contract.ts'
import { withNative } from '../../provider/contract.ts'
import type { ChatCall } from '../chat-codec.ts'
import { JsonFields } from '../json-fields.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { parseText } from './body-text.ts'
import { leftOverWithin, openaiVendor } from './left-over.ts'
import { parseOpenaiMessages } from './messages/message.ts'
import { readCacheMark } from './messages/message-part.ts'
import { unreadFields } from './unread.ts'

/** The dialect of OpenAI's chat completions, which many other servers use, too. */
export const openaiChatDialect = 'openai-chat'

/**
 * Reads the body of `POST /chat/completions`. Fields that the contract does not know stay in `native`. A
 * known field with a wrong value throws `bad-request` with the field, its value and a correct value.
 */
export function parseOpenaiChat(text: string): ChatCall {
  const fields = new JsonFields(parseText(text), '')
  const request = withoutUndefined({
    model: fields.string('model', 'the name of a model'),
    messages: parseOpenaiMessages(fields.value('messages')),
    ...parseSampling(fields),
    tools: toolsOf(fields),
    toolChoice: toolChoiceOf(fields),
    parallelToolCalls: fields.optionalBoolean('parallel_tool_calls'),
    reasoningEffort: fields.optionalString('reasoning_effort'),
    responseFormat:
      fields.optionalFields('response_format')?.value('type') === 'json_object' ? 'json' : undefined,
    responseSchema: responseSchemaOf(fields),
    endUser: fields.optionalString('user') ?? fields.optionalString('safety_identifier'),
    ...unreadIn(fields),
  }) as ChatRequest
  return {
    request: withNative(request, openaiChatDialect, text, fields.record),
    stream: fields.optionalBoolean('stream') ?? false,
    includeUsage: fields.optionalFields('stream_options')?.optionalBoolean('include_usage') ?? false,
  }
}

/** The members that the contract has words for. */
const read: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'reasoning_effort',
  'response_format',
  'user',
  'safety_identifier',
])

function unreadIn(fields: JsonFields): { readonly unread?: readonly UnreadField[] } {
  const { unread = [] } = unreadFields(fields.record, read)
  const choice = fields.value('tool_choice')
  const isOwnChoice = isRecord(choice) && choice.type !== 'function' && choice.type !== 'custom'
  const hasBoth = fields.value('user') !== undefined && fields.value('safety_identifier') !== undefined
  const more = [
    ...(hasBoth ? [{ field: 'safety_identifier', hint: true as const }] : []),
    ...unreadFormat(fields.value('response_format')),
    ...(isOwnChoice ? [{ field: 'tool_choice' }] : unreadChoice(fields)),
  ]
  const all = [...unread, ...more]
  return all.length === 0 ? {} : { unread: all }
}

const choiceFields: ReadonlySet<string> = new Set(['type', 'function', 'custom'])
const chosenFields: ReadonlySet<string> = new Set(['name'])

/** What the choice of one tool says besides its name. */
function unreadChoice(fields: JsonFields): readonly UnreadField[] {
  const choice = fields.value('tool_choice')
  const older = fields.value('function_call')
  return [
    ...unreadWithin(choice, 'tool_choice', choiceFields),
    ...['function', 'custom'].flatMap((name) =>
      unreadWithin(isRecord(choice) ? choice[name] : undefined, `tool_choice.${name}`, chosenFields),
    ),
    ...unreadWithin(older, 'function_call', chosenFields),
  ]
}

function unreadWithin(value: unknown, path: string, known: ReadonlySet<string>): readonly UnreadField[] {
  const { unread = [] } = isRecord(value) ? unreadFields(value, known) : {}
  return unread.map(({ field }) => ({ field: `${path}.${field}` }))
}

const formats: ReadonlySet<unknown> = new Set([undefined, null, 'text', 'json_object', 'json_schema'])
const formatFields: ReadonlySet<string> = new Set(['type', 'json_schema'])
const schemaFields: ReadonlySet<string> = new Set(['name', 'description', 'strict', 'schema'])

/** Some servers take a schema beside `json_object`, and words of their own beside the schema. */
function unreadFormat(format: unknown): readonly UnreadField[] {
  if (!isRecord(format)) return []
  if (!formats.has(format.type)) return [{ field: 'response_format' }]
  return [
    ...unreadWithin(format, 'response_format', formatFields),
    ...unreadWithin(format.json_schema, 'response_format.json_schema', schemaFields),
  ]
}

/**
 * The fields that chats and legacy completions share. Their ranges differ between servers, and the server
 * knows its own.
 */
export function parseSampling(fields: JsonFields): Partial<Record<keyof ChatRequest, unknown>> {
  return {
    maxOutputTokens:
      fields.optionalInteger('max_completion_tokens', 1) ?? fields.optionalInteger('max_tokens', 1),
    choices: fields.optionalInteger('n', 1),
    temperature: fields.optionalNumber('temperature', 0, Infinity),
    topP: fields.optionalNumber('top_p', 0, 1),
    topK: fields.optionalInteger('top_k', -1),
    frequencyPenalty: fields.optionalNumber('frequency_penalty', -Infinity, Infinity),
    presencePenalty: fields.optionalNumber('presence_penalty', -Infinity, Infinity),
    // A seed may have 64 bits. Then the contract has the nearest number, and the native form the exact one.
    seed: fields.optionalWholeNumber('seed'),
    stop: stopOf(fields),
  }
}

function stopOf(fields: JsonFields): readonly string[] | undefined {
  const stop = fields.value('stop')
  if (stop === undefined) return undefined
  const list = Array.isArray(stop) ? stop : [stop]
  if (!list.every((each) => typeof each === 'string'))
    throw fields.wrong('stop', 'a string or a list of strings')
  return list
}

/** The older field `functions` has the same declarations without a type. */
function toolsOf(fields: JsonFields): readonly ChatTool[] | undefined {
  const list = fields.optionalList('tools', 'a list of tools')
  const older = fields.optionalList('functions', 'a list of functions')
  if (list === undefined && older === undefined) return undefined
  return [
    ...(list ?? []).map((value, index) => toolOf(new JsonFields(value, `tools[${index}]`))),
    ...(older ?? []).map((value, index) => olderTool(new JsonFields(value, `functions[${index}]`))),
  ]
}

const toolFields: ReadonlySet<string> = new Set(['type', 'function', 'cache_control'])
const customToolFields: ReadonlySet<string> = new Set(['type', 'custom'])
const customFields: ReadonlySet<string> = new Set(['name', 'description', 'format'])
const functionFields: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict'])

function toolOf(tool: JsonFields): ChatTool {
  const type = tool.string('type')
  if (type === 'function') {
    const declared = tool.optionalFields('function')
    if (declared === undefined) throw tool.wrong('function', 'an object with a name and parameters')
    const more = leftOverWithin(tool.record, toolFields, type, functionFields)
    return { ...functionTool(declared, more), ...readCacheMark(tool.record) }
  }
  const custom = type === 'custom' ? tool.optionalFields('custom') : undefined
  if (custom === undefined) {
    return { type: 'opaque', vendor: openaiVendor, kind: type, data: tool.record, required: true }
  }
  const described = { description: custom.optionalString('description'), format: custom.value('format') }
  const more = leftOverWithin(tool.record, customToolFields, 'custom', customFields)
  return { type: 'custom', name: custom.string('name'), ...withoutUndefined(described), ...more } as ChatTool
}

const within: ReadonlySet<string> = new Set(['function'])

/** An entry of the older field `functions`. */
function olderTool(declared: JsonFields): ChatTool {
  const record = { function: declared.record }
  return functionTool(declared, leftOverWithin(record, within, 'function', functionFields))
}

function functionTool(declared: JsonFields, more: Pick<ChatRequest, 'options'>): ChatTool {
  const described = {
    description: declared.optionalString('description'),
    strict: declared.optionalBoolean('strict'),
  }
  return {
    type: 'function',
    name: declared.string('name'),
    ...withoutUndefined(described),
    parameters: declared.optionalFields('parameters')?.record ?? { type: 'object', properties: {} },
    ...more,
  } as ChatTool
}

function toolChoiceOf(fields: JsonFields): ChatRequest['toolChoice'] {
  const choice = fields.value('tool_choice') ?? fields.value('function_call')
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return choice
  if (typeof choice === 'string')
    throw fields.wrong('tool_choice', 'auto, none, required or a named function')
  const named = fields.optionalFields('tool_choice')
  if (named === undefined) return { name: new JsonFields(choice, 'function_call').string('name') }
  const type = named.value('type')
  if (type !== 'function' && type !== 'custom') return undefined
  const name = new JsonFields(named.value(type), named.at(type)).string('name')
  return type === 'custom' ? { name, custom: true } : { name }
}

function responseSchemaOf(fields: JsonFields): ChatRequest['responseSchema'] {
  const format = fields.optionalFields('response_format')
  if (format?.value('type') !== 'json_schema') return undefined
  const declared = new JsonFields(format.value('json_schema'), format.at('json_schema'))
  const description = declared.optionalString('description')
  return {
    name: declared.string('name'),
    // The vendor's default.
    strict: declared.optionalBoolean('strict') ?? false,
    ...(description === undefined ? {} : { description }),
    schema: declared.optionalFields('schema')?.record ?? {},
  }
}
