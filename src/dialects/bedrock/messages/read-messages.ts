import { isRecord } from '../../../json.ts'
import type { CacheMark, ChatMessage, ChatPart } from '../../../provider/contract.ts'
import { JsonFields } from '../../json-fields.ts'
import { bedrockOptions } from '../left-over.ts'
import { type BlockPlace, kindOfBlock, readBlock } from './read-block.ts'
import { markIn } from './read-mark.ts'
import { textAt } from './text-at.ts'

/** A conversation, and where each message stands in the body. */
export interface ReadMessages {
  readonly messages: readonly ChatMessage[]
  /** For each message the place of its entry in the body's `messages`. `system` is -1. */
  readonly origins: readonly number[]
}

/** Reads `system` and `messages`, which a prompt that Bedrock keeps makes superfluous. An entry with results of tools becomes several messages. */
export function readMessages(body: JsonFields, text: string): ReadMessages {
  const messages: ChatMessage[] = []
  const origins: number[] = []
  const add = (origin: number, read: readonly ChatMessage[]): void => {
    for (const message of read) {
      messages.push(message)
      origins.push(origin)
    }
  }
  const system = body.optionalList('system', 'a list of blocks') ?? []
  if (system.length > 0) add(-1, readEntry('system', system, { text, names: ['system'] }))
  const entries = body.optionalList('messages', 'a list of messages') ?? []
  for (const [index, value] of entries.entries()) {
    const entry = new JsonFields(value, `messages[${index}]`)
    const role = entry.string('role', roles)
    if (role !== 'user' && role !== 'assistant' && role !== 'system') throw entry.wrong('role', roles)
    const content = entry.optionalList('content', 'a list of blocks')
    if (content === undefined) throw entry.wrong('content', 'a list of blocks')
    const [first, ...more] = readEntry(role, content, { text, names: ['messages', index, 'content'] })
    const options = bedrockOptions(entry.record, ['role', 'content'])
    add(index, [{ ...(first ?? { role, content: [] }), ...options }, ...more])
  }
  return { messages, origins }
}

const roles = 'user or assistant'

interface ListPlace {
  readonly text: string
  readonly names: readonly (string | number)[]
}

/** The messages of one list of blocks. Each result of a tool is one of its own. */
export function readEntry(
  role: 'system' | 'user' | 'assistant',
  blocks: readonly unknown[],
  place: ListPlace,
): readonly ChatMessage[] {
  const messages: { readonly message: ChatMessage; readonly content: ChatPart[] }[] = []
  const begin = (message: Omit<ChatMessage, 'content'>): ChatPart[] => {
    const content: ChatPart[] = []
    messages.push({ message: { ...message, content }, content })
    return content
  }
  for (const [index, block] of blocks.entries()) {
    const at = blockPlace(place, index)
    const last = messages.at(-1)
    if (role === 'user' && isRecord(block) && isRecord(block.toolResult)) {
      kindOfBlock(block, at.path)
      readResult(
        new JsonFields(block.toolResult, `${at.path}.toolResult`),
        { ...place, names: [...place.names, index, 'toolResult'] },
        begin,
      )
    } else if (marked(last?.content, markIn(block))) {
      // The mark is on the part before it.
    } else {
      const read = readBlock(block, at)
      const content = last === undefined || last.message.role !== role ? begin({ role }) : last.content
      content.push(isRecord(block) && 'cachePoint' in block ? optional(read) : read)
    }
  }
  return messages.map(({ message }) => message)
}

/** A mark before all parts has no part to stand on, and nobody misses it. */
function optional(part: ChatPart): ChatPart {
  if (part.type !== 'opaque') return part
  const { required: _required, ...rest } = part
  return rest
}

/** Puts the mark on the last part. False when there is none to put it on. */
function marked(content: ChatPart[] | undefined, cacheMark: CacheMark | undefined): boolean {
  const part = content?.at(-1)
  if (cacheMark === undefined || content === undefined || part === undefined) return false
  if (part.cacheMark !== undefined) return false
  content[content.length - 1] = { ...part, cacheMark }
  return true
}

function readResult(
  result: JsonFields,
  place: ListPlace,
  begin: (message: Omit<ChatMessage, 'content'>) => ChatPart[],
): void {
  const { status } = result.record
  const isKnown = status === 'success' || status === 'error'
  const content = begin({
    role: 'tool',
    toolCallId: result.string('toolUseId'),
    ...(status === 'error' && { toolFailed: true }),
    ...bedrockOptions(result.record, ['toolUseId', 'content', ...(isKnown ? ['status'] : [])]),
  })
  const list = { ...place, names: [...place.names, 'content'] }
  const blocks = result.optionalList('content', 'a list of blocks') ?? []
  for (const [index, block] of blocks.entries()) content.push(readBlock(block, blockPlace(list, index)))
}

function blockPlace({ text, names }: ListPlace, index: number): BlockPlace {
  return {
    path: pathOf([...names, index]),
    textOf: (...more) => textAt(text, [...names, index, ...more]),
  }
}

function pathOf(names: readonly (string | number)[]): string {
  return names
    .map((name, place) => (typeof name === 'number' ? `[${name}]` : `${place === 0 ? '' : '.'}${name}`))
    .join('')
}

/** The content of an answer. */
export function readAnswer(blocks: readonly unknown[], text: string): readonly ChatPart[] {
  const [message] = readEntry('assistant', blocks, { text, names: ['output', 'message', 'content'] })
  return message?.content ?? []
}
