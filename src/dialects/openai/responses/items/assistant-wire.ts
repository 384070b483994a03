import type { JsonRecord } from '../../../../json.ts'
import type { ChatPart } from '../../../../provider/contract.ts'
import { type ItemWriting, partWords, wireOpaque } from './content-wire.ts'
import { idOf, isOwn, madeThought, sealOf } from './item-ids.ts'

/** The items that say what the assistant said. */
export function assistantItems(
  content: readonly ChatPart[],
  path: string,
  writing: ItemWriting,
): readonly JsonRecord[] {
  return content
    .map((part, index) => assistantItem(part, `${path}.content[${index}]`, writing))
    .filter((item) => item !== undefined)
}

/** One part of what the assistant said. Undefined for one that is left out. */
export function assistantItem(part: ChatPart, path: string, writing: ItemWriting): JsonRecord | undefined {
  const { carriage } = writing
  if (part.type === 'opaque') return wireOpaque(part, path, writing)
  if (part.type === 'reasoning') {
    if (isOwn(part) && (part.signature !== undefined || part.encrypted !== undefined))
      return thoughtItem(part, path)
    carriage.approximate(path, 'left out, because only thoughts of its own vendor can go back')
    return undefined
  }
  if (part.type === 'image' || part.type === 'file' || part.type === 'audio') {
    carriage.refuse(path, `a part of type ${part.type} that the assistant made`)
    return undefined
  }
  const more = partWords(part, path, writing)
  if (part.type === 'refusal') return messageItem(path, { type: 'refusal', refusal: part.text }, more)
  const id = isOwn(part) ? idOf(part) : undefined
  if (part.signature !== undefined && id === undefined) carriage.approximate(`${path}.signature`, 'left out')
  if (part.type === 'tool-call') return { ...more, ...callItem(part), ...(id === undefined ? {} : { id }) }
  const { phase, ...words } = more
  const isPlain = id === undefined && Object.keys(words).length === 0
  if (isPlain) return { role: 'assistant', content: part.text, ...(phase === undefined ? {} : { phase }) }
  return messageItem(path, outputText(part.text), more, id)
}

export function callItem(part: ChatPart & { readonly type: 'tool-call' }): JsonRecord {
  const { id, name, arguments: text, custom } = part
  return custom === true
    ? { type: 'custom_tool_call', call_id: id, name, input: text }
    : { type: 'function_call', call_id: id, name, arguments: text }
}

export function outputText(text: string): JsonRecord {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

/** A message as the vendor writes it. Its id is required, and needs to be no more than unique. */
function messageItem(
  path: string,
  part: JsonRecord,
  { phase, ...words }: JsonRecord,
  id?: string,
): JsonRecord {
  return {
    type: 'message',
    id: id ?? `msg_${madeId(path)}`,
    role: 'assistant',
    status: 'completed',
    content: [{ ...part, ...words }],
    ...(phase === undefined ? {} : { phase }),
  }
}

function thoughtItem(part: ChatPart & { readonly type: 'reasoning' }, path: string): JsonRecord {
  const { id = `${madeThought}${madeId(path)}`, encrypted } = sealOf(part)
  return {
    type: 'reasoning',
    id,
    summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  }
}

function madeId(path: string): string {
  return path.replace(/\D+/g, '_').replace(/^_|_$/g, '')
}
