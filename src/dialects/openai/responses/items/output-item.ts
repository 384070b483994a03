import { isRecord, type JsonRecord } from '../../../../json.ts'
import type { ChatPart } from '../../../../provider/contract.ts'
import { openaiResponsesDialect, ownWords } from '../own-words.ts'
import { sealIn, signedByMark } from './item-ids.ts'

const textFields: ReadonlySet<string> = new Set(['type', 'text'])
const refusalFields: ReadonlySet<string> = new Set(['type', 'refusal'])
const callFields: ReadonlySet<string> = new Set([
  'type',
  'id',
  'call_id',
  'name',
  'arguments',
  'input',
  'status',
])

/** What an item of the model says: a message, a thought, a call, or something that only this format has. */
export function outputParts(item: JsonRecord): readonly ChatPart[] {
  switch (item.type) {
    case 'message':
    case undefined:
      return messageParts(item)
    case 'reasoning':
      return [{ type: 'reasoning', text: thoughtOf(item), ...sealIn(item.id, item.encrypted_content) }]
    case 'function_call':
      return [{ ...callPart(item, item.arguments), ...ownWords(item, callFields) }]
    case 'custom_tool_call':
      return [{ ...callPart(item, item.input), custom: true, ...ownWords(item, callFields) }]
    default:
      return [opaqueItem(item)]
  }
}

/** An item that has no word in chats. It goes back to the vendor as it is, or nowhere. */
export function opaqueItem(item: JsonRecord): ChatPart {
  const kind = typeof item.type === 'string' ? item.type : 'item_reference'
  return { type: 'opaque', vendor: openaiResponsesDialect, kind, data: item, required: true }
}

function callPart(
  { call_id: id, id: itemId, name }: JsonRecord,
  text: unknown,
): ChatPart & { type: 'tool-call' } {
  const said = { id: String(id ?? itemId ?? ''), name: String(name ?? ''), arguments: String(text ?? '') }
  return { type: 'tool-call', ...said, ...signedByMark(itemId) }
}

function messageParts(item: JsonRecord): readonly ChatPart[] {
  const { content, phase } = item
  const signed = signedByMark(item.id)
  const parts = typeof content === 'string' ? [{ type: 'output_text', text: content }] : content
  if (!Array.isArray(parts)) return []
  return parts.flatMap((part: unknown) => {
    if (!isRecord(part)) return []
    const said = phase === undefined ? part : { ...part, phase }
    if (typeof part.text === 'string' && isText(part.type)) {
      return [{ type: 'text' as const, text: part.text, ...signed, ...ownWords(said, textFields) }]
    }
    if (part.type === 'refusal') {
      return [
        { type: 'refusal' as const, text: String(part.refusal ?? ''), ...ownWords(said, refusalFields) },
      ]
    }
    // Part of a message, so the message is what can go back.
    return [{ ...opaqueItem({ ...item, content: [part] }), kind: String(part.type) } as ChatPart]
  })
}

function isText(type: unknown): boolean {
  return type === 'output_text' || type === 'input_text' || type === 'text'
}

/** The thoughts themselves where the vendor gives them, or else their summary. */
function thoughtOf({ content, summary }: JsonRecord): string {
  const texts = textsOf(content)
  return (texts.length > 0 ? texts : textsOf(summary)).join(betweenThoughts)
}

/** Stands between the pieces of a thought, which have no number in chats. */
export const betweenThoughts = '\n\n'

function textsOf(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((each) => (isRecord(each) && typeof each.text === 'string' ? [each.text] : []))
}
