import type { ChatMessage, ChatPart } from '../../../provider/contract.ts'
import { badField, JsonFields } from '../../json-fields.ts'
import { readBlock } from '../blocks/read-block.ts'
import { besides, optionsIn } from '../vendor.ts'

const messageFields: ReadonlySet<string> = new Set(['role', 'content'])
const resultFields: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error'])
const roleNames = 'user or assistant'

/** What one entry of a caller's `messages` says. Results of tools are messages of their own in the contract. */
export type ReadEntry = readonly ChatMessage[]

/** Reads `messages`, entry by entry. Throws `bad-request` when the list is missing or empty. */
export function readMessages(value: unknown): readonly ReadEntry[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw badField('messages', value, 'a list of at least one message')
  }
  return value.map(readEntry)
}

/** Reads `system`, which is a text or a list of texts. */
export function readSystem(fields: JsonFields): ReadEntry {
  if (fields.value('system') === undefined) return []
  return [{ role: 'system', content: partsOf(fields, 'system') }]
}

function readEntry(value: unknown, index: number): ReadEntry {
  const fields = new JsonFields(value, `messages[${index}]`)
  const role = fields.string('role', roleNames)
  if (role !== 'user' && role !== 'assistant' && role !== 'system') throw fields.wrong('role', roleNames)
  const more = optionsIn(fields.record, messageFields)
  const content = fields.value('content')
  if (role !== 'user' || !Array.isArray(content)) {
    return [{ role, content: partsOf(fields, 'content'), ...more }]
  }
  const messages: ChatMessage[] = []
  let said: ChatPart[] = []
  const flush = (): void => {
    if (said.length > 0) messages.push({ role, content: said, ...more })
    said = []
  }
  for (const [place, block] of content.entries()) {
    const path = `${fields.at('content')}[${place}]`
    const result = new JsonFields(block, path)
    if (result.value('type') !== 'tool_result') {
      said.push(readBlock(block, path))
      continue
    }
    flush()
    messages.push(resultOf(result))
  }
  flush()
  return messages.length === 0 ? [{ role, content: [], ...more }] : messages
}

/** A mark of a cache after a result is one after the last part of it. Without a part it stays an option of this vendor. */
function resultOf(result: JsonFields): ChatMessage {
  const toolCallId = result.string('tool_use_id', 'the id of the call that this answers')
  const read = result.value('content') === undefined ? [] : partsOf(result, 'content')
  const last = read.at(-1)
  const { cacheMark, options }: ReturnType<typeof besides> =
    last === undefined ? optionsIn(result.record, resultFields) : besides(result.record, resultFields)
  const content =
    cacheMark === undefined || last === undefined ? read : [...read.slice(0, -1), { ...last, cacheMark }]
  return {
    role: 'tool',
    content,
    toolCallId,
    ...(result.optionalBoolean('is_error') === true && { toolFailed: true }),
    ...(options === undefined ? undefined : { options }),
  }
}

function partsOf(fields: JsonFields, name: string): readonly ChatPart[] {
  const value = fields.value(name)
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  const list = fields.optionalList(name, 'a string or a list of blocks')
  if (list === undefined) throw fields.wrong(name, 'a string or a list of blocks')
  return list.map((block, place) => readBlock(block, `${fields.at(name)}[${place}]`))
}
