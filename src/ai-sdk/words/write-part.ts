import type { Carriage } from '../../dialects/carriage.ts'
import { parseExactly } from '../../dialects/exact-json.ts'
import type { AudioPart, ChatMessage, ChatPart, FilePart, ImagePart } from '../../provider/contract.ts'
import { withMark } from './cache-marks.ts'
import { aiSdkVendor, providerOptions } from './dialect.ts'
import { writeFile } from './media.ts'
import { provenOptions } from './proofs.ts'
import type { PromptPart } from './read-prompt.ts'

/** What is known of the message or part that is being written. */
export interface PartContext {
  readonly role: ChatMessage['role']
  /** The name that the model gives its provider. */
  readonly provider: string
  /** The vendor that keeps files which are told by an id. */
  readonly keeper: string
  readonly carriage: Carriage
  /** The place of the message or part. */
  readonly path: string
}

/** The part of a prompt, in a list of one. Empty for what was refused or left out. */
export function writePart(part: ChatPart, context: PartContext): readonly PromptPart[] {
  const place = part.type === 'reasoning' ? 'thought' : 'part'
  return writeUnmarked(part, context).map((written): PromptPart => {
    const marked = withMark(written.providerOptions, part.cacheMark, context, place)
    return { ...written, ...marked }
  })
}

function writeUnmarked(part: ChatPart, context: PartContext): readonly PromptPart[] {
  const { keeper, carriage, path } = context
  if (part.type === 'opaque') {
    if (part.vendor === aiSdkVendor) return [part.data as PromptPart]
    leaveOpaque(part, path, carriage)
    return []
  }
  carriage.options(path, part.options, [aiSdkVendor])
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text, ...provenOptions(part, keeper) }]
    // The AI SDK has no word for a refusal. Only a route behind the model knows our mark.
    case 'refusal':
      carriage.approximate(path, 'written as a text')
      return [{ type: 'text', text: part.text, ...provenOptions(part, keeper, { refusal: true }) }]
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...provenOptions(part, keeper) }]
    case 'tool-call': {
      const { id: toolCallId, name: toolName, custom } = part
      const input = custom === true ? part.arguments : parsed(part.arguments, context)
      return [{ type: 'tool-call', toolCallId, toolName, input, ...provenOptions(part, keeper, { custom }) }]
    }
    default:
      return writeMedia(part, context)
  }
}

/** Another vendor's part or tool: refused if it is required. */
export function leaveOpaque(
  { kind, vendor, required }: { readonly kind: string; readonly vendor: string; readonly required?: true },
  path: string,
  carriage: Carriage,
): void {
  if (required === true) carriage.refuse(path, `"${kind}" of ${vendor}`)
  else carriage.approximate(path, 'left out')
}

function writeMedia(
  part: ImagePart | AudioPart | FilePart,
  { role, keeper, carriage, path }: PartContext,
): readonly PromptPart[] {
  const options = providerOptions(part.options)
  if (part.type === 'image' && part.detail !== undefined) carriage.approximate(`${path}.detail`, 'left out')
  if (part.type === 'audio' && role === 'assistant' && part.url === undefined) {
    // Only its vendor knows it by its id. What was said is enough for another.
    const { transcript } = part
    if (transcript === undefined) {
      carriage.refuse(path, 'audio by an id of its vendor', 'give its transcript')
      return []
    }
    carriage.approximate(path, 'written as a text')
    return [{ type: 'text', text: transcript, ...options }]
  }
  if (part.type === 'audio' && part.transcript !== undefined)
    carriage.approximate(`${path}.transcript`, 'left out')
  const named = part.type === 'file' && part.filename !== undefined ? { filename: part.filename } : {}
  return [{ type: 'file', ...writeFile(part, keeper), ...named, ...options }]
}

/** A model may have written arguments that are not JSON. Then the text itself is the input. */
function parsed(text: string, { carriage, path }: PartContext): unknown {
  try {
    return parseExactly(text === '' ? '{}' : text)
  } catch {
    carriage.approximate(`${path}.arguments`, 'a text, because it is no JSON')
    return text
  }
}
