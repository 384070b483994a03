import type { JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import type { ChatMessage } from '../../../provider/contract.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import { resultMark } from '../../result-mark.ts'
import { blocksOf, cachePoint, callId } from './write-block.ts'
import { type BlockRole, type ConverseContext, leaveOut, ownOptions } from './write-context.ts'

/** An entry of `messages` that is being written. */
export interface Entry {
  readonly role: 'user' | 'assistant' | 'system'
  /** The texts of its blocks. */
  readonly blocks: readonly string[]
  readonly options: JsonRecord
  /** The whole text, of an entry that is as it came and that nothing joined. */
  readonly text?: string
}

/** The number of messages of the system, or of developers, before all others. */
export function headLength(messages: readonly ChatMessage[]): number {
  const end = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  return end === -1 ? messages.length : end
}

/** The list `system`. Undefined when there is none. */
export function systemText(head: readonly ChatMessage[], context: ConverseContext): string | undefined {
  const blocks = head.flatMap((message, index) => {
    const entry = entryOf(message, index, context)
    // The list has no place for what is said of a message.
    leaveOut(entry.options, { ...context, path: `messages[${index}]` })
    return entry.blocks
  })
  return blocks.length === 0 ? undefined : `[${blocks.join()}]`
}

/** The entry that says one message. `index` is its place in the request. */
export function entryOf(message: ChatMessage, index: number, context: ConverseContext): Entry {
  const { role, content, name } = message
  const at = { ...context, path: `messages[${index}]` }
  const options = ownOptions(message.options, at)
  if (role === 'tool') return { role: 'user', blocks: resultBlocks(message, at, options), options: {} }
  if (name !== undefined) context.carriage.approximate(`${at.path}.name`, 'left out')
  const wireRole = role === 'developer' ? 'system' : role
  return { role: wireRole, blocks: contentBlocks(content, wireRole, at), options }
}

function contentBlocks(
  content: ChatMessage['content'],
  role: BlockRole,
  context: ConverseContext,
): readonly string[] {
  return content.flatMap((part, place) =>
    blocksOf(part, role, { ...context, path: `${context.path}.content[${place}]` }),
  )
}

function resultBlocks(
  message: ChatMessage,
  context: ConverseContext,
  options: JsonRecord,
): readonly string[] {
  const { content, toolCallId = '', toolFailed } = message
  const blocks = contentBlocks(content, 'tool', context)
  const head = {
    ...options,
    toolUseId: callId(toolCallId, `${context.path}.toolCallId`, context),
    ...(toolFailed === true && { status: 'error' }),
  }
  const result = `{"toolResult":${jsonBody(head).slice(0, -1)},"content":[${blocks.join()}]}}`
  const mark = resultMark(content, context)
  return mark === undefined
    ? [result]
    : [result, cachePoint(mark.cacheMark.ttl, { ...context, path: mark.path })]
}

/** The list `messages`. Roles take turns, so neighbours of one role become one entry. Empty ones say nothing. */
export function entriesText(
  entries: readonly Entry[],
  { carriage }: Pick<ConverseContext, 'carriage'>,
): string {
  const joined: Entry[] = []
  for (const entry of entries) {
    const last = joined.at(-1)
    if (entry.blocks.length === 0) continue
    if (last === undefined || last.role !== entry.role) joined.push(entry)
    else {
      const { role, options } = last
      joined[joined.length - 1] = {
        role,
        options: { ...entry.options, ...options },
        blocks: [...last.blocks, ...entry.blocks],
      }
    }
  }
  refuseEmpty(joined, carriage)
  // Where refusals are only listed, a list that nobody sent would be another loss.
  if (joined.length === 0) joined.push(...entries.slice(-1))
  return `[${joined.map(entryText).join()}]`
}

function entryText({ role, blocks, options, text }: Entry): string {
  return text ?? `${jsonBody({ ...options, role }).slice(0, -1)},"content":[${blocks.join()}]}`
}
