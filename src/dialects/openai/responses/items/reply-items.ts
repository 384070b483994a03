import type { JsonRecord } from '../../../../json.ts'
import type { ChatPart } from '../../../../provider/contract.ts'
import { openaiResponsesDialect, sentWords } from '../own-words.ts'
import { callItem, outputText } from './assistant-wire.ts'
import { idOf, madeThought, sealOf } from './item-ids.ts'

/** The items of an answer for a caller. What this format has no item for is left out. */
export function replyItems(content: readonly ChatPart[], responseId: string): readonly JsonRecord[] {
  return content
    .map((part, index) => replyItem(part, madeItemId(part, responseId, index)))
    .filter((item) => item !== undefined)
}

const prefixes: Readonly<Partial<Record<ChatPart['type'], string>>> = {
  reasoning: madeThought,
  'tool-call': 'fc_',
  image: 'ig_',
}

/** The id of an item of an answer that has none of its own. */
export function madeItemId({ type }: Pick<ChatPart, 'type'>, responseId: string, index: number): string {
  return `${prefixes[type] ?? 'msg_'}${responseId.replace(/^resp_/, '')}_${index}`
}

/** The item that says a part. Thoughts that another vendor signed are marked, so that they can come back. */
export function replyItem(part: ChatPart, madeId: string): JsonRecord | undefined {
  const more = sentWords(part.options, openaiResponsesDialect)
  switch (part.type) {
    case 'text':
      return message(idOf(part) ?? madeId, { ...outputText(part.text) }, more)
    case 'refusal':
      return message(madeId, { type: 'refusal', refusal: part.text }, more)
    case 'reasoning': {
      const { id = madeId, encrypted } = sealOf(part)
      const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
      return {
        type: 'reasoning',
        id,
        summary,
        ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
      }
    }
    case 'tool-call':
      return {
        ...more,
        ...callItem(part),
        id: idOf(part) ?? madeId,
        ...(part.custom === true ? {} : { status: 'completed' }),
      }
    case 'opaque':
      return part.vendor === openaiResponsesDialect ? (part.data as JsonRecord) : undefined
    case 'audio':
      return part.transcript === undefined ? undefined : message(madeId, outputText(part.transcript), {})
    case 'image':
      return imageItem(madeId, part.url)
    case 'file':
      return undefined
  }
}

function message(id: string, part: JsonRecord, { phase, ...words }: JsonRecord): JsonRecord {
  return {
    type: 'message',
    id,
    status: 'completed',
    role: 'assistant',
    content: [{ ...part, ...words }],
    ...(phase === undefined ? {} : { phase }),
  }
}

/** An image that the model made. Only bytes have a place here. */
function imageItem(id: string, url: string | undefined): JsonRecord | undefined {
  const [, result] = /^data:[^,]*;base64,(.*)$/s.exec(url ?? '') ?? []
  return result === undefined ? undefined : { type: 'image_generation_call', id, status: 'completed', result }
}
