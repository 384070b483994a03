import type { JsonRecord } from '../../../../json.ts'
import type { ChatMessage, ChatPart } from '../../../../provider/contract.ts'
import { openaiResponsesDialect, sentVendors, sentWords } from '../own-words.ts'
import { assistantItems } from './assistant-wire.ts'
import { type ItemWriting, wireContent, wireOpaque } from './content-wire.ts'

/** The items that say a message. `path` is its place: `messages[2]`. */
export function messageItems(
  message: ChatMessage,
  path: string,
  writing: ItemWriting,
): readonly JsonRecord[] {
  const { role, name, options, toolFailed } = message
  const { vendor, carriage } = writing
  carriage.options(path, options, sentVendors(vendor))
  if (name !== undefined && role !== 'tool') carriage.approximate(`${path}.name`, 'left out')
  if (toolFailed === true) carriage.approximate(`${path}.toolFailed`, 'said by the content alone')
  if (role === 'tool') return [toolOutput(message, path, writing)]
  if (role === 'assistant') return assistantItems(message.content, path, writing)
  const items: JsonRecord[] = []
  let content: JsonRecord[] = []
  const end = (): void => {
    if (content.length === 0) return
    items.push({ ...sentWords(options, vendor), role, content: shown(content) })
    content = []
  }
  for (const [index, part] of message.content.entries()) {
    const at = `${path}.content[${index}]`
    if (part.type === 'opaque' && isItem(part)) {
      end()
      const item = wireOpaque(part, at, writing)
      if (item !== undefined) items.push(item)
      continue
    }
    const written = wireContent(part, at, writing)
    if (written !== undefined) content.push(written)
  }
  end()
  // A turn of which everything was left out is a turn all the same.
  return items.length > 0 ? items : [{ ...sentWords(options, vendor), role, content: [] }]
}

/** What another tool of the vendor answered is an item. Everything else stands within a message. */
function isItem({ vendor, kind }: ChatPart & { readonly type: 'opaque' }): boolean {
  return vendor === openaiResponsesDialect && !/^(?:input|output)_|^computer_screenshot$/.test(kind)
}

/** A single text without more is a string. */
function shown(parts: readonly JsonRecord[]): unknown {
  const [only] = parts
  const isPlain = parts.length === 1 && only?.type === 'input_text' && Object.keys(only).length === 2
  return isPlain ? only.text : parts
}

function toolOutput(message: ChatMessage, path: string, writing: ItemWriting): JsonRecord {
  const { toolCallId = '', content, name, options } = message
  const parts = content
    .map((part, index) => wireContent(part, `${path}.content[${index}]`, writing))
    .filter((part) => part !== undefined)
  const isCustom = writing.customCalls.has(toolCallId)
  return {
    ...sentWords(options, writing.vendor),
    type: isCustom ? 'custom_tool_call_output' : 'function_call_output',
    call_id: toolCallId,
    output: parts.length === 0 ? '' : shown(parts),
    ...(name === undefined || isCustom ? {} : { name }),
  }
}

/** The calls of custom tools in these messages. */
export function customCallsIn(messages: readonly ChatMessage[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { content } of messages) {
    for (const part of content) if (part.type === 'tool-call' && part.custom === true) ids.add(part.id)
  }
  return ids
}
