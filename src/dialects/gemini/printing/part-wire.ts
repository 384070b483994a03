import type { JsonRecord } from '../../../json.ts'
import type {
  ChatMessage,
  ChatPart,
  ReasoningPart,
  Signed,
  ToolCallPart,
} from '../../../provider/contract.ts'
import { exactRecord } from '../exact-record.ts'
import { isGoogles } from '../google-signature.ts'
import { type GeminiContext, ownOptions, wireId, withOptions } from './gemini-printing.ts'
import { wireMedia } from './media-wire.ts'

/** The parts of a content for one part of a message: one, or none for what was refused or left out. */
export function wirePart(
  part: ChatPart,
  role: ChatMessage['role'],
  context: GeminiContext,
): readonly JsonRecord[] {
  const { carriage, path, vendors } = context
  if (part.cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
  if (part.type === 'opaque') {
    if (vendors.includes(part.vendor)) return [part.data as JsonRecord]
    if (part.required === true) carriage.refuse(path, `"${part.kind}" of ${part.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  const said = saidIn(part, role, context)
  return said === undefined ? [] : [withOptions(said, ownOptions(part, context))]
}

function saidIn(
  part: Exclude<ChatPart, { readonly type: 'opaque' }>,
  role: ChatMessage['role'],
  context: GeminiContext,
): JsonRecord | undefined {
  const { carriage, path } = context
  if (role !== 'assistant' && isModels(part)) {
    // Only the model thinks and calls.
    if (part.type === 'reasoning') carriage.approximate(path, 'left out')
    else carriage.refuse(path, `a tool call in a message with the role ${role}`, "give it in the assistant's")
    return undefined
  }
  switch (part.type) {
    case 'text':
      return { text: part.text, ...signed(part, context) }
    case 'reasoning':
      return wireThought(part, context)
    case 'tool-call':
      return wireCall(part, context)
    case 'refusal':
      carriage.approximate(path, 'sent as text')
      return { text: part.text }
    default:
      return wireMedia(part, context)
  }
}

function isModels(part: ChatPart): part is ReasoningPart | ToolCallPart {
  return part.type === 'reasoning' || part.type === 'tool-call'
}

function signed(part: Signed, { carriage, path }: GeminiContext): JsonRecord {
  if (isGoogles(part)) return { thoughtSignature: part.signature }
  if (part.signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
  return {}
}

/** Thoughts that another vendor signed or sealed mean nothing to Google. */
function wireThought(part: ReasoningPart, context: GeminiContext): JsonRecord | undefined {
  const { signature, encrypted, text } = part
  const isForeign = encrypted !== undefined || (signature !== undefined && !isGoogles(part))
  if (!isForeign) return { text, thought: true, ...signed(part, context) }
  context.carriage.approximate(context.path, 'left out')
  return undefined
}

function wireCall(part: ToolCallPart, context: GeminiContext): JsonRecord | undefined {
  const { carriage, path } = context
  if (part.custom === true) {
    carriage.refuse(path, 'a call of a tool that takes free text')
    return undefined
  }
  const args = part.arguments.trim() === '' ? {} : exactRecord(part.arguments)
  if (args === undefined) {
    carriage.refuse(`${path}.arguments`, 'no JSON object', 'write one')
    return undefined
  }
  return { functionCall: { ...wireId(part.id, context), name: part.name, args }, ...signed(part, context) }
}
