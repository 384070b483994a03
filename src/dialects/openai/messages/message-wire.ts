import { ModelspineError } from '../../../errors.ts'
import type { JsonRecord } from '../../../json.ts'
import type {
  AudioPart,
  ChatMessage,
  ChatPart,
  FilePart,
  ImagePart,
  VendorOptions,
} from '../../../provider/contract.ts'
import { openaiVendor } from '../left-over.ts'
import { audioFormat } from './message-part.ts'

/** What is known of the message or part that is being written. */
export interface WireContext {
  /** The entry of `options` to send. */
  readonly vendor: string
  /** The place of the message or part, for errors. */
  readonly path: string
}

/**
 * One entry of `messages` in OpenAI's format. Parts that it cannot say are left out. Throws `unsupported`, with
 * the place and the kind, for a part that may not be left out.
 */
export function openaiMessage(message: ChatMessage, { vendor, path }: WireContext): JsonRecord {
  const { role, name, toolCallId } = message
  const at = (index: number): WireContext => ({ vendor, path: `${path}.content[${index}]` })
  const parts = message.content.flatMap((part, index) => wirePart(part, role, at(index)))
  const head = { ...optionsFor(message, vendor), role }
  if (role === 'tool') return { ...head, tool_call_id: toolCallId ?? '', content: shown(parts) }
  const named = name === undefined ? head : { ...head, name }
  if (role !== 'assistant') return { ...named, content: shown(parts) }
  return {
    ...named,
    content: parts.length === 0 ? null : shown(parts),
    ...besideContent(message.content, vendor),
  }
}

/** What came in this format is sent to every server of this format, whatever its provider is called. */
function optionsFor(
  { options }: { readonly options?: VendorOptions },
  vendor: string,
): JsonRecord | undefined {
  if (options === undefined) return undefined
  return vendor === openaiVendor ? options[vendor] : { ...options[openaiVendor], ...options[vendor] }
}

function shown(parts: readonly JsonRecord[]): unknown {
  const [only] = parts
  const plain = parts.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  return plain ? only.text : parts
}

/** The parts of an assistant's message that have fields of their own. */
function besideContent(content: readonly ChatPart[], vendor: string): JsonRecord {
  const fields: Record<string, unknown> = {}
  const calls = content.flatMap((part) => wireCall(part, vendor))
  for (const part of content) {
    const field = part.type === 'reasoning' ? part.options?.[openaiVendor]?.field : undefined
    if (part.type === 'reasoning' && typeof field === 'string') fields[field] = part.text
    if (part.type === 'audio' && part.fileId !== undefined) fields.audio = { id: part.fileId }
  }
  if (calls.length > 0) fields.tool_calls = calls
  return fields
}

/** The part as a list of entries for `tool_calls`, with one entry or no entry. */
export function wireCall(part: ChatPart, vendor: string): readonly JsonRecord[] {
  if (part.type !== 'tool-call') return []
  const { id, name, arguments: text, custom } = part
  const more = optionsFor(part, vendor)
  return custom === true
    ? [{ ...more, id, type: 'custom', custom: { name, input: text } }]
    : [{ ...more, id, type: 'function', function: { name, arguments: text } }]
}

function wirePart(part: ChatPart, role: ChatMessage['role'], context: WireContext): readonly JsonRecord[] {
  const more = optionsFor(part, context.vendor)
  switch (part.type) {
    case 'text':
      return [{ ...more, type: 'text', text: part.text }]
    case 'refusal':
      return [{ ...more, type: 'refusal', refusal: part.text }]
    case 'image':
      return [{ ...more, ...wireImage(part, context) }]
    case 'audio':
      return role === 'assistant' && part.fileId !== undefined
        ? []
        : [{ ...more, ...wireAudio(part, context) }]
    case 'file':
      return [{ ...more, ...wireFile(part, context) }]
    case 'opaque':
      if (part.vendor === openaiVendor || part.vendor === context.vendor) return [part.data as JsonRecord]
      if (part.required === true) throw cannotSay(`"${part.kind}" of ${part.vendor}`, 'leave it out', context)
      return []
    default:
      return []
  }
}

function wireImage({ url, detail }: ImagePart, context: WireContext): JsonRecord {
  if (url === undefined) throw cannotSay('an image by the id of a file', 'give its url', context)
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } }
}

function wireAudio({ url = '' }: AudioPart, context: WireContext): JsonRecord {
  const [head, mediaType] = /^data:([^;,]*);base64,/.exec(url.slice(0, 200)) ?? []
  if (head === undefined || mediaType === undefined) {
    throw cannotSay('audio that is not a data: URL', 'give its bytes', context)
  }
  const input = { data: url.slice(head.length), format: audioFormat(mediaType) }
  return { type: 'input_audio', input_audio: input }
}

function wireFile({ url, fileId, filename }: FilePart, context: WireContext): JsonRecord {
  const isAddress = url !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(url)
  if (isAddress && fileId === undefined) throw cannotSay('a file by its address', 'give its bytes', context)
  return {
    type: 'file',
    file: {
      ...(url === undefined || isAddress ? {} : { file_data: url }),
      ...(fileId === undefined ? {} : { file_id: fileId }),
      ...(filename === undefined ? {} : { filename }),
    },
  }
}

/** The error for something that this format cannot say and that may not be left out. */
export function cannotSay(
  what: string,
  remedy: string,
  { path }: Pick<WireContext, 'path'>,
): ModelspineError {
  const message = `${path} is ${what}, which OpenAI's chat completions cannot carry; ${remedy}, or route to another upstream`
  return new ModelspineError('unsupported', message, { details: { field: path } })
}
