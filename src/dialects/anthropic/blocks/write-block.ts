import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart, ReasoningPart, ToolCallPart } from '../../../provider/contract.ts'
import { parseExactly } from '../../exact-json.ts'
import { anthropicVendor, isOwnSignature, recordOf } from '../vendor.ts'
import { type BlockContext, writeBesides } from './block-context.ts'
import { toolUseId } from './tool-use-id.ts'
import { writeDocument, writeImage } from './write-media.ts'

/**
 * The block that says this part of a message, as a list with one block or none. What cannot be said is refused, or told
 * as left out.
 */
export function writeBlock(
  part: ChatPart,
  role: ChatMessage['role'],
  context: BlockContext,
): readonly JsonRecord[] {
  const { carriage, path } = context
  const besides = (): JsonRecord => writeBesides(part, context)
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
      // An empty block says nothing, and Anthropic refuses it.
      return part.text === '' ? [] : [{ ...besides(), type: 'text', text: part.text }]
    case 'refusal':
      carriage.approximate(path, 'written as a text')
      return [{ ...besides(), type: 'text', text: part.text }]
    case 'image':
    case 'file': {
      if (role === 'assistant' || isSystem(role)) return refused(`of the role ${role}`, part, context)
      const block = part.type === 'image' ? writeImage(part, context) : writeDocument(part, context)
      return block === undefined ? [] : [sourced(besides(), block)]
    }
    case 'tool-call':
      if (role !== 'assistant') return refused(`of the role ${role}`, part, context)
      return writeCall(part, context)
    case 'reasoning':
      if (role !== 'assistant') return refused(`of the role ${role}`, part, context)
      return writeThoughts(part, context)
    case 'opaque':
      if (part.vendor === anthropicVendor || part.vendor === context.vendor) return [part.data as JsonRecord]
      if (part.required === true) carriage.refuse(path, `"${part.kind}" of ${part.vendor}`)
      else carriage.approximate(path, 'left out')
      return []
    case 'audio':
      carriage.refuse(path, 'audio', 'give a text of what is said')
      return []
  }
}

/** The source has what only this vendor knows of it. */
function sourced({ source, ...besides }: JsonRecord, block: JsonRecord): JsonRecord {
  return { ...besides, ...block, source: { ...recordOf(source), ...recordOf(block.source) } }
}

function isSystem(role: ChatMessage['role']): boolean {
  return role === 'system' || role === 'developer'
}

function refused(where: string, { type }: ChatPart, { carriage, path }: BlockContext): readonly JsonRecord[] {
  carriage.refuse(path, `a part of the kind "${type}" in a message ${where}`)
  return []
}

function writeCall(part: ToolCallPart, context: BlockContext): readonly JsonRecord[] {
  const { carriage, path } = context
  const { id, name } = part
  if (part.custom === true) {
    carriage.refuse(path, 'a call of a tool that takes free text', 'give the tool a JSON Schema')
    return []
  }
  const input = inputOf(part.arguments)
  if (!isRecord(input)) {
    carriage.refuse(path, 'a call whose arguments are no JSON object', 'correct them')
    return []
  }
  if (part.signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
  return [{ ...writeBesides(part, context), type: 'tool_use', id: toolUseId(id), name, input }]
}

/** Some models write nothing for a tool without arguments. */
function inputOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

/** Anthropic takes back only thoughts that it has signed. */
function writeThoughts(part: ReasoningPart, context: BlockContext): readonly JsonRecord[] {
  const { text, signature, encrypted } = part
  const { carriage, path } = context
  if (!isOwnSignature(part) || (signature === undefined && encrypted === undefined)) {
    carriage.approximate(path, 'left out')
    return []
  }
  if (part.cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
  const { cacheMark: _mark, ...unmarked } = part
  const besides = writeBesides(unmarked, context)
  if (signature === undefined) return [{ ...besides, type: 'redacted_thinking', data: encrypted }]
  const thinking = { ...besides, type: 'thinking', thinking: text, signature }
  return encrypted === undefined ? [thinking] : [thinking, { type: 'redacted_thinking', data: encrypted }]
}
