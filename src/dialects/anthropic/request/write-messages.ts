import type { JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart } from '../../../provider/contract.ts'
import { type BlockContext, ownOptions, writeBesides } from '../blocks/block-context.ts'
import { toolUseId } from '../blocks/tool-use-id.ts'
import { writeBlock } from '../blocks/write-block.ts'

/** How many messages at the head are instructions, which stand apart from the conversation. */
export function headOf(messages: readonly ChatMessage[]): number {
  const first = messages.findIndex(({ role }) => !isSystem(role))
  return first === -1 ? messages.length : first
}

function isSystem(role: ChatMessage['role']): boolean {
  return role === 'system' || role === 'developer'
}

/** A message, and its place in the request. */
export interface PlacedMessage {
  readonly message: ChatMessage
  readonly index: number
}

/** `system` of the body. Undefined when nobody says anything there. A single plain text is written as one. */
export function writeSystem(messages: readonly PlacedMessage[], context: BlockContext): unknown {
  const blocks = messages.flatMap((placed) => blocksOf(placed, context))
  return blocks.length === 0 ? undefined : shown(blocks)
}

/**
 * Entries of `messages`. Neighbours of one role become one entry, which Anthropic reads the same. Results of tools are
 * said by the user. `isEnd` tells that nothing follows.
 */
export function writeMessages(
  messages: readonly PlacedMessage[],
  context: BlockContext,
  isEnd: boolean,
): readonly JsonRecord[] {
  const entries: { readonly role: string; readonly head: JsonRecord; readonly blocks: JsonRecord[] }[] = []
  for (const placed of messages) {
    const { message, index } = placed
    const role = isSystem(message.role) ? 'system' : message.role === 'assistant' ? 'assistant' : 'user'
    const blocks = message.role === 'tool' ? resultOf(placed, context) : blocksOf(placed, context)
    const at = { ...context, path: `messages[${index}]` }
    const head = message.role === 'tool' ? {} : ownOptions(message.options, at)
    const last = entries.at(-1)
    if (last?.role === role && Object.keys(head).length === 0) last.blocks.push(...blocks)
    else entries.push({ role, head, blocks: [...blocks] })
  }
  // A message is empty when all of it was left out, or when it said nothing. The vendor refuses such messages.
  const said = entries.filter(({ blocks }) => blocks.length > 0)
  // Without its last question, the model would go on with its own last answer.
  const last = entries.at(-1)
  if (isEnd && last?.role === 'user' && said.at(-1)?.role !== 'user') {
    const path = `messages[${messages.at(-1)?.index}]`
    context.carriage.refuse(path, 'a last message in which nothing is left to say', 'say something')
    // Where refusals are only listed, a conversation without it would be another loss.
    said.push(last)
  }
  return said.map(({ role, head, blocks }) => ({ ...head, role, content: shown(blocks) }))
}

function shown(blocks: readonly JsonRecord[]): unknown {
  const [only] = blocks
  const plain = blocks.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  return plain ? only.text : blocks
}

function blocksOf({ message, index }: PlacedMessage, context: BlockContext): readonly JsonRecord[] {
  const path = `messages[${index}]`
  if (message.name !== undefined) context.carriage.approximate(`${path}.name`, 'left out')
  return contentOf(message.content, message.role, { ...context, path })
}

function contentOf(
  content: readonly ChatPart[],
  role: ChatMessage['role'],
  context: BlockContext,
): readonly JsonRecord[] {
  return content.flatMap((part, place) =>
    writeBlock(part, role, { ...context, path: `${context.path}.content[${place}]` }),
  )
}

/** The name of the tool is that of the call with the same id. */
function resultOf({ message, index }: PlacedMessage, context: BlockContext): readonly JsonRecord[] {
  const { content, toolCallId, toolFailed, options } = message
  const at = { ...context, path: `messages[${index}]` }
  if (toolCallId === undefined) {
    context.carriage.refuse(`${at.path}.toolCallId`, 'missing', 'say which call it answers')
    return []
  }
  const last = content.at(-1)
  const marked = last?.cacheMark
  const unmarked = last === undefined || marked === undefined ? content : withoutMark(content, last)
  const blocks = contentOf(unmarked, 'tool', at)
  return [
    {
      ...writeBesides({ cacheMark: marked, ...(options !== undefined && { options }) }, at),
      type: 'tool_result',
      tool_use_id: toolUseId(toolCallId),
      ...(blocks.length > 0 && { content: shown(blocks) }),
      ...(toolFailed === true && { is_error: true }),
    },
  ]
}

/** A mark on the last part is one after the whole result. */
function withoutMark(content: readonly ChatPart[], last: ChatPart): readonly ChatPart[] {
  const { cacheMark: _mark, ...unmarked } = last
  return [...content.slice(0, -1), unmarked as ChatPart]
}
