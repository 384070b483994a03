import type { JsonRecord } from '../../../json.ts'
import type { AudioPart, ChatMessage, ChatPart, FilePart, ImagePart } from '../../../provider/contract.ts'
import { openaiVendor, optionsFor, withOptions } from '../left-over.ts'
import type { WireContext } from '../printing.ts'
import { fileName } from './file-name.ts'
import { audioFormat } from './message-part.ts'
import { reasoningDetails, signedContent } from './reasoning-details.ts'

/**
 * One entry of `messages` in OpenAI's format. What it cannot say is refused by its place, or told as approximated.
 */
export function openaiMessage(message: ChatMessage, context: WireContext): JsonRecord {
  const { role, name, toolCallId, content, toolFailed } = message
  const { carriage, path } = context
  carriage.options(path, message.options, [openaiVendor, context.vendor])
  if (toolFailed === true)
    carriage.approximate(`${path}.toolFailed`, 'left out, so that only the content says it')
  const parts = content.flatMap((part, index) => wirePart(part, role, at(context, index)))
  const options = optionsFor(message, context.vendor)
  const head = { ...options, role }
  if (role === 'tool') return { ...head, tool_call_id: toolCallId ?? '', content: shown(parts) }
  const named = name === undefined ? head : { ...head, name }
  if (role !== 'assistant') return { ...named, content: shown(parts) }
  const said = { role, content: parts.length === 0 ? null : shown(parts) }
  const details = listOf(options?.reasoning_details)
  return withOptions(named, { ...said, ...besideContent(content, details, context) })
}

function at(context: WireContext, index: number): WireContext {
  return { ...context, path: `${context.path}.content[${index}]` }
}

function shown(parts: readonly JsonRecord[]): unknown {
  const [only] = parts
  const plain = parts.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  return plain ? only.text : parts
}

/** The parts of an assistant's message that have fields of their own. */
function besideContent(
  content: readonly ChatPart[],
  details: readonly unknown[],
  context: WireContext,
): JsonRecord {
  const fields: Record<string, unknown> = details.length === 0 ? {} : { reasoning_details: details }
  const calls = content.flatMap((part, index) => wireCall(part, at(context, index)))
  for (const [index, part] of content.entries()) {
    if (part.type === 'audio' && part.fileId !== undefined) fields.audio = { id: part.fileId }
    if (part.type === 'reasoning') wireReasoning(part, fields, at(context, index))
    if (part.type === 'text' && part.signature !== undefined) wireSigned(part, fields, at(context, index))
  }
  if (calls.length > 0) fields.tool_calls = calls
  return fields
}

type Fields = Record<string, unknown>

/** OpenAI has no field for reasoning. It goes back where it came from, or to servers that take it. */
function wireReasoning(
  part: ChatPart & { readonly type: 'reasoning' },
  fields: Fields,
  { extensions, carriage, isOwn, path }: WireContext,
): void {
  const came = part.options?.[openaiVendor]?.field
  const hasDetails = part.signature !== undefined || part.encrypted !== undefined
  const asDetails = extensions.has('reasoning_details') || (isOwn && hasDetails)
  const name =
    typeof came === 'string' ? came : extensions.has('reasoning_content') ? 'reasoning_content' : undefined
  if (asDetails) fields.reasoning_details = [...listOf(fields.reasoning_details), ...reasoningDetails(part)]
  if (name !== undefined) {
    fields[name] = `${fields[name] ?? ''}${part.text}`
    if (hasDetails && !asDetails) carriage.approximate(`${path}.signature`, 'left out')
  } else if (!asDetails) carriage.approximate(path, 'left out')
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function wireSigned(
  part: ChatPart & { readonly type: 'text' },
  fields: Fields,
  { extensions, carriage, isOwn, path }: WireContext,
): void {
  if (isOwn || extensions.has('reasoning_details')) Object.assign(fields, signedContent(part))
  else carriage.approximate(`${path}.signature`, 'left out')
}

/** The part as a list of entries for `tool_calls`, with one entry or no entry. */
function wireCall(part: ChatPart, context: WireContext): readonly JsonRecord[] {
  if (part.type !== 'tool-call') return []
  const { id, name, arguments: text, custom, signature } = part
  const { vendor, extensions, carriage, isOwn, path } = context
  carriage.options(path, part.options, [openaiVendor, vendor])
  if (part.cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
  const isSigned = signature !== undefined && (isOwn || extensions.has('reasoning_details'))
  if (signature !== undefined && !isSigned) carriage.approximate(`${path}.signature`, 'left out')
  const called =
    custom === true
      ? { id, type: 'custom', custom: { name, input: text } }
      : { id, type: 'function', function: { name, arguments: text } }
  return [withOptions(optionsFor(part, vendor), { ...called, ...(isSigned ? signedContent(part) : {}) })]
}

function wirePart(part: ChatPart, role: ChatMessage['role'], context: WireContext): readonly JsonRecord[] {
  const { vendor, carriage, path } = context
  if (part.type === 'opaque') {
    if (part.vendor === openaiVendor || part.vendor === vendor) return [part.data as JsonRecord]
    if (part.required === true) carriage.refuse(path, `"${part.kind}" of ${part.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  if (part.type === 'tool-call' || part.type === 'reasoning') {
    // They have fields of their own in the assistant's messages, and no place in others.
    if (role === 'assistant') return []
    if (part.type === 'reasoning') carriage.approximate(path, 'left out')
    else carriage.refuse(path, `a tool call in a message with the role ${role}`, "give it in the assistant's")
    return []
  }
  if (part.type === 'audio' && role === 'assistant' && part.fileId !== undefined) return []
  const said = saidIn(part, role, context)
  if (said === undefined) return []
  carriage.options(path, part.options, [openaiVendor, vendor])
  return [{ ...withOptions(optionsFor(part, vendor), said), ...markOf(part, context) }]
}

function saidIn(
  part: Exclude<ChatPart, { readonly type: 'opaque' | 'tool-call' | 'reasoning' }>,
  role: ChatMessage['role'],
  context: WireContext,
): JsonRecord | undefined {
  if (part.type === 'text') return { type: 'text', text: part.text }
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.text }
  if (role !== 'user' && !context.isOwn && !context.extensions.has('images_anywhere')) {
    const where = role === 'tool' ? 'the answer of a tool' : `a message with the role ${role}`
    context.carriage.refuse(context.path, `${part.type} in ${where}`, 'give it in a message of the user')
    return undefined
  }
  if (part.type === 'image') return wireImage(part, context)
  return part.type === 'audio' ? wireAudio(part, context) : wireFile(part, context)
}

function markOf({ cacheMark }: ChatPart, { extensions, isOwn, carriage, path }: WireContext): JsonRecord {
  if (cacheMark === undefined) return {}
  if (isOwn || extensions.has('cache_control')) return { cache_control: { type: 'ephemeral', ...cacheMark } }
  carriage.approximate(`${path}.cacheMark`, 'left out')
  return {}
}

const webOrData = /^(?:https?:|data:)/i

function wireImage(
  { url, detail }: ImagePart,
  { carriage, path, isOwn }: WireContext,
): JsonRecord | undefined {
  if (url !== undefined && (isOwn || webOrData.test(url))) {
    return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } }
  }
  if (url === undefined) carriage.refuse(path, 'an image by the id of a file', 'give its url')
  else carriage.refuse(path, 'an image at an address of a cloud', 'give its bytes')
  return undefined
}

function wireAudio(
  { url = '', transcript }: AudioPart,
  { carriage, path }: WireContext,
): JsonRecord | undefined {
  const [head, mediaType] = /^data:([^;,]*);base64,/.exec(url.slice(0, 200)) ?? []
  if (head === undefined || mediaType === undefined) {
    carriage.refuse(path, 'audio that is not a data: URL', 'give its bytes')
    return undefined
  }
  if (transcript !== undefined) carriage.approximate(`${path}.transcript`, 'left out')
  const input = { data: url.slice(head.length), format: audioFormat(mediaType) }
  return { type: 'input_audio', input_audio: input }
}

function wireFile(part: FilePart, { carriage, path, isOwn }: WireContext): JsonRecord | undefined {
  const { url, fileId, filename } = part
  const isAddress = url !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(url)
  if (isAddress && fileId === undefined) {
    carriage.refuse(path, 'a file by its address', 'give its bytes')
    return undefined
  }
  return {
    type: 'file',
    file: {
      ...(url === undefined || isAddress ? {} : { file_data: url }),
      ...(fileId === undefined ? {} : { file_id: fileId }),
      ...(isOwn ? { filename } : fileName(part, path, carriage)),
    },
  }
}
