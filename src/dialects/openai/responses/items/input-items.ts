import type { ChatMessage, ChatPart } from '../../../../provider/contract.ts'
import { JsonFields } from '../../../json-fields.ts'
import { ownWords } from '../own-words.ts'
import { contentParts } from './input-content.ts'
import { opaqueItem, outputParts } from './output-item.ts'

/** A message, and the items that say it. */
export interface ItemGroup {
  readonly message: ChatMessage
  /** The place of each item in `input`, and how many parts of the message it says. None for `instructions`. */
  readonly items: readonly { readonly index: number; readonly parts: number }[]
}

const roleNames = 'user, assistant, system or developer'
const messageFields: ReadonlySet<string> = new Set(['type', 'id', 'role', 'content', 'status'])
const outputFields: ReadonlySet<string> = new Set(['type', 'id', 'call_id', 'output', 'status', 'name'])

/** The state that the vendor keeps. A request that names it may say nothing more. */
const stateFields = ['previous_response_id', 'conversation', 'prompt'] as const

/**
 * Reads `instructions` and `input`. What the model said in a row becomes one message of the assistant: thoughts,
 * texts and calls. Throws `bad-request` where there is nothing to answer.
 */
export function groupItems(fields: JsonFields): readonly ItemGroup[] {
  const groups: ItemGroup[] = []
  const instructions = fields.optionalString('instructions')
  if (instructions !== undefined) groups.push({ message: plain('system', instructions), items: [] })
  const input = fields.value('input')
  if (typeof input === 'string') groups.push({ message: plain('user', input), items: [] })
  else if (Array.isArray(input)) {
    for (const [index, item] of input.entries()) addItem(groups, readItem(item, `input[${index}]`), index)
  } else if (input !== undefined || !stateFields.some((name) => fields.value(name) !== undefined)) {
    throw fields.wrong('input', 'a text or a list of items')
  }
  return groups
}

function plain(role: ChatMessage['role'], text: string): ChatMessage {
  return { role, content: [{ type: 'text', text }] }
}

function addItem(groups: ItemGroup[], message: ChatMessage, index: number): void {
  const last = groups.at(-1)
  const items = [{ index, parts: message.content.length }]
  if (message.role !== 'assistant' || last?.message.role !== 'assistant') {
    groups.push({ message, items })
    return
  }
  const content = [...last.message.content, ...message.content]
  groups[groups.length - 1] = { message: { role: 'assistant', content }, items: [...last.items, ...items] }
}

function readItem(value: unknown, path: string): ChatMessage {
  const item = new JsonFields(value, path)
  const { record } = item
  const type =
    item.optionalString('type') ?? (item.value('role') === undefined ? 'item_reference' : 'message')
  switch (type) {
    case 'message':
      return readMessage(item)
    case 'function_call':
      item.string('arguments', 'the arguments as a JSON text')
      return said(readCall(item))
    case 'custom_tool_call':
      item.string('input', 'the input as a text')
      return said(readCall(item))
    case 'function_call_output':
    case 'custom_tool_call_output':
      return readOutput(item)
    case 'reasoning':
      return said(item)
    default:
      // What another tool of the vendor answered is no part of what the model said.
      return { role: /_output$|_response$/.test(type) ? 'user' : 'assistant', content: [opaqueItem(record)] }
  }
}

function said({ record }: JsonFields): ChatMessage {
  return { role: 'assistant', content: outputParts(record) }
}

function readCall(item: JsonFields): JsonFields {
  item.string('call_id', 'the id of the call')
  item.string('name', 'the name of the tool')
  return item
}

function readMessage(item: JsonFields): ChatMessage {
  const role = item.string('role', roleNames)
  const content = contentParts(item, 'content')
  if (role === 'assistant') return said(item)
  if (role !== 'user' && role !== 'system' && role !== 'developer') throw item.wrong('role', roleNames)
  return { role, content, ...ownWords(item.record, messageFields) }
}

function readOutput(item: JsonFields): ChatMessage {
  const content: readonly ChatPart[] = contentParts(item, 'output')
  const name = item.optionalString('name')
  return {
    role: 'tool',
    toolCallId: item.string('call_id', 'the id of the call that this answers'),
    content,
    ...(name === undefined ? {} : { name }),
    ...ownWords(item.record, outputFields),
  }
}
