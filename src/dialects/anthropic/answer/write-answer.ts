import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatPart, ReasoningPart, ToolCallPart } from '../../../provider/contract.ts'
import { parseExactly } from '../../exact-json.ts'
import { markSignature } from '../../foreign-signature.ts'
import { anthropicVendor } from '../vendor.ts'

/** Who made a call: the model itself, where the vendor says nothing else. */
export const direct: JsonRecord = { type: 'direct' }

/**
 * The blocks of an answer that say this part. What the format lacks of other vendors, such as audio, is said by its
 * transcript, or not at all.
 */
export function answerBlocks(part: ChatPart): readonly JsonRecord[] {
  const more = part.options?.[anthropicVendor]
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ citations: null, ...more, type: 'text', text: part.text }]
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }]
    case 'reasoning':
      return thoughts(part)
    case 'tool-call':
      return [{ caller: direct, ...more, type: 'tool_use', ...callOf(part) }]
    case 'opaque':
      return part.vendor === anthropicVendor && isRecord(part.data) ? [part.data] : []
    case 'audio':
      return part.transcript === undefined ? [] : [{ type: 'text', text: part.transcript, citations: null }]
    default:
      return []
  }
}

/** Clients give back what they get here, so other vendors' signatures are marked with their names. */
function thoughts(part: ReasoningPart): readonly JsonRecord[] {
  const { text, encrypted, signedBy } = part
  const signature = markSignature(part, anthropicVendor) ?? ''
  const shown = text === '' && signature === '' ? [] : [{ type: 'thinking', thinking: text, signature }]
  if (encrypted === undefined) return shown
  return [...shown, { type: 'redacted_thinking', data: redactedData(encrypted, signedBy) }]
}

export function redactedData(encrypted: string, signedBy: string | undefined): string {
  const hidden = signedBy === undefined ? { signature: encrypted } : { signature: encrypted, signedBy }
  return markSignature(hidden, anthropicVendor) ?? encrypted
}

/** Arguments that are no JSON are given as the text that came, so that the client's check of them fails, and not ours. */
function callOf({ id, name, arguments: text }: ToolCallPart): JsonRecord {
  return { id, name, input: inputOf(text) }
}

function inputOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return parseExactly(text)
  } catch {
    return text
  }
}
