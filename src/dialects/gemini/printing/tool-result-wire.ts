import type { JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart, ToolCallPart } from '../../../provider/contract.ts'
import { responseOf } from '../request/tool-result.ts'
import { at, type GeminiContext, ownOptions, wireId, withOptions } from './gemini-printing.ts'
import { wireMedia } from './media-wire.ts'

/** The part that answers a function. Media stand beside what was said. */
export function wireToolResult(message: ChatMessage, context: GeminiContext): readonly JsonRecord[] {
  const { carriage, path } = context
  const call = callOf(message, context)
  if (call?.custom === true) {
    carriage.refuse(path, 'the answer of a tool that takes free text')
    return []
  }
  const name = message.name ?? call?.name
  if (name === undefined) {
    carriage.refuse(path, 'the answer of a tool that no message called', 'give its name')
    return []
  }
  const texts: string[] = []
  const media: JsonRecord[] = []
  for (const [place, part] of message.content.entries()) {
    const inside = at(context, `content[${place}]`)
    const text = textIn(part, inside)
    if (text !== undefined) {
      texts.push(text)
      if (media.length > 0) carriage.approximate(inside.path, 'put before the media')
    } else media.push(...mediaIn(part, inside))
  }
  const { toolCallId: id, toolFailed = false } = message
  const said = {
    ...wireId(id, context),
    name,
    response: responseOf(texts, toolFailed),
    ...(media.length > 0 && { parts: media }),
  }
  return [withOptions({ functionResponse: said }, ownOptions(message, context))]
}

function textIn(part: ChatPart, context: GeminiContext): string | undefined {
  if (part.type !== 'text' && part.type !== 'refusal' && part.type !== 'reasoning') return undefined
  const { carriage, path } = context
  if (part.cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
  if (part.type !== 'text') carriage.approximate(path, 'sent as text')
  else if (part.signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
  // A text of an answer has no place of its own, and so no options.
  for (const vendor in part.options) carriage.approximate(`${path}.options.${vendor}`, 'left out')
  return part.text
}

function mediaIn(part: ChatPart, context: GeminiContext): readonly JsonRecord[] {
  const { carriage, path } = context
  if (part.type === 'image' || part.type === 'audio' || part.type === 'file') {
    if (part.cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
    const said = wireMedia(part, context, true)
    return said === undefined ? [] : [withOptions(said, ownOptions(part, context))]
  }
  if (part.type === 'opaque' && context.vendors.includes(part.vendor)) return [part.data as JsonRecord]
  if (part.type === 'opaque' && part.required !== true) carriage.approximate(path, 'left out')
  else
    carriage.refuse(
      path,
      `${part.type === 'opaque' ? `"${part.kind}" of ${part.vendor}` : part.type} in the answer of a tool`,
    )
  return []
}

function callOf({ toolCallId }: ChatMessage, { request }: GeminiContext): ToolCallPart | undefined {
  for (const { content } of request.messages) {
    for (const part of content) if (part.type === 'tool-call' && part.id === toolCallId) return part
  }
  return undefined
}
