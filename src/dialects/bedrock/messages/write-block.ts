import { sha256 } from '../../../hash.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import type { ChatPart, ReasoningPart, TextPart, ToolCallPart } from '../../../provider/contract.ts'
import { bedrockVendor } from '../left-over.ts'
import { isJsonText } from './is-json-text.ts'
import { isReadable } from './reasoning.ts'
import { type BlockRole, type ConverseContext, leaveOut, ownOptions } from './write-context.ts'
import { mediaBlock } from './write-media.ts'

/**
 * The texts of the blocks that say this part, and of the mark behind it. Blocks are texts, because the arguments of a
 * tool call stay as they were written, also where JavaScript cannot hold their numbers.
 */
export function blocksOf(part: ChatPart, role: BlockRole, context: ConverseContext): readonly string[] {
  const blocks = contentOf(part, role, context)
  const { cacheMark } = part
  if (cacheMark === undefined || blocks.length === 0) return blocks
  // The results of tools are marked as a whole.
  if (role === 'tool') return blocks
  return [...blocks, cachePoint(cacheMark.ttl, context)]
}

/** Bedrock keeps a prompt for five minutes or an hour. */
export function cachePoint(ttl: string | undefined, { carriage, path }: ConverseContext): string {
  return jsonBody({
    cachePoint: cachePointOf(ttl, () => carriage.approximate(`${path}.cacheMark.ttl`, 'left out')),
  })
}

export function cachePointOf(ttl: string | undefined, unknown: () => void): JsonRecord {
  const isKnown = ttl === '5m' || ttl === '1h'
  if (ttl !== undefined && !isKnown) unknown()
  return { type: 'default', ...(isKnown && { ttl }) }
}

function contentOf(part: ChatPart, role: BlockRole, context: ConverseContext): readonly string[] {
  const { carriage, path, vendor } = context
  switch (part.type) {
    case 'text':
      return textBlocks(part, role, context)
    case 'refusal':
      leaveOut(ownOptions(part.options, context), context)
      if (part.text === '') return []
      carriage.approximate(path, 'sent as text')
      return [jsonBody({ text: part.text })]
    case 'image':
    case 'audio':
    case 'file': {
      const block = mediaBlock(part, role, context)
      return block === undefined ? [] : [jsonBody(block)]
    }
    case 'tool-call':
      return callBlocks(part, role, context)
    case 'reasoning':
      return thoughtBlocks(part, role, context)
    case 'opaque':
      leaveOut(ownOptions(part.options, context), context)
      if (part.vendor === bedrockVendor || part.vendor === vendor) return [jsonBody(part.data)]
      if (part.required === true) carriage.refuse(path, `"${part.kind}" of ${part.vendor}`)
      else carriage.approximate(path, 'left out')
      return []
  }
}

/** Bedrock refuses empty texts, and they say nothing. */
function textBlocks(part: TextPart, role: BlockRole, context: ConverseContext): readonly string[] {
  const { text, signature } = part
  if (signature !== undefined) context.carriage.approximate(`${context.path}.signature`, 'left out')
  const { json, guardContent, citations, ...more } = ownOptions(part.options, context)
  if (role === 'tool' && json === true && isJsonText(text)) {
    leaveOut({ guardContent, citations, ...more }, context)
    return [`{"json":${text}}`]
  }
  if (role !== 'tool' && isRecord(guardContent)) {
    leaveOut({ json, citations, ...more }, context)
    return text === '' ? [] : [jsonBody({ guardContent: { text: { ...guardContent, text } } })]
  }
  if ((role === 'user' || role === 'assistant') && citations !== undefined) {
    const { content: pieces, ...others } = more
    leaveOut({ json, guardContent, content: pieces }, context)
    return text === '' ? [] : [jsonBody({ citationsContent: { ...others, content: [{ text }], citations } })]
  }
  leaveOut({ json, guardContent, citations, ...more }, context)
  return text === '' ? [] : [jsonBody({ text })]
}

function callBlocks(part: ToolCallPart, role: BlockRole, context: ConverseContext): readonly string[] {
  const { carriage, path } = context
  const { id, name, arguments: given, signature } = part
  const input = given.trim() === '' ? '{}' : given
  if (role !== 'assistant') carriage.refuse(path, `a tool call in a message with the role ${role}`)
  else if (part.custom === true) carriage.refuse(path, 'a call of a custom tool')
  else if (!isJsonText(input)) carriage.refuse(path, 'a tool call whose arguments are no JSON')
  else {
    if (signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
    const head = { ...ownOptions(part.options, context), toolUseId: callId(id, `${path}.id`, context), name }
    return [`{"toolUse":${jsonBody(head).slice(0, -1)},"input":${input}}}`]
  }
  return []
}

/** Bedrock takes ids of some characters only, and at most 64. Others get another id, the same in the call and its result. */
export function callId(id: string, field: string, { carriage }: ConverseContext): string {
  if (id === '' || /^[a-zA-Z0-9_.:-]{1,64}$/.test(id)) return id
  carriage.approximate(field, 'sent as another id')
  return `call_${sha256(id).slice(0, 32)}`
}

function thoughtBlocks(part: ReasoningPart, role: BlockRole, context: ConverseContext): readonly string[] {
  const { carriage, path, isClaude } = context
  const { text, encrypted, signature } = part
  const isKnown = role === 'assistant' && isReadable(part)
  // Anthropic's models refuse a thought without its signature.
  if (!isKnown || (isClaude && signature === undefined && encrypted === undefined)) {
    carriage.approximate(path, 'left out')
    return []
  }
  const { reasoningText: said, ...more } = ownOptions(part.options, context)
  const blocks: string[] = []
  if (text !== '' || signature !== undefined) {
    const reasoningText = { ...(isRecord(said) && said), text, ...(signature !== undefined && { signature }) }
    blocks.push(jsonBody({ reasoningContent: { ...more, reasoningText } }))
  }
  if (encrypted !== undefined) {
    blocks.push(jsonBody({ reasoningContent: { ...more, redactedContent: encrypted } }))
  }
  return blocks
}
