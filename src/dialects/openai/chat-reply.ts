import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import {
  type AudioPart,
  type Chat,
  type ChatPart,
  type ChatReply,
  originalOf,
  type TextPart,
} from '../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../chat-codec.ts'
import { readDataUrl } from '../data-url.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish } from './finish.ts'
import { openaiVendor } from './left-over.ts'
import { contentChunks } from './messages/content-chunks.ts'
import { reasoningNames } from './messages/message.ts'
import { audioType } from './messages/message-part.ts'
import {
  readReasoningDetails,
  readSignedContent,
  reasoningDetails,
  signedContent,
} from './messages/reasoning-details.ts'
import { printReply, type ReplyForm, readReply } from './whole-reply.ts'

/**
 * Reads a whole completion and checks only the fields that are used. Throws `malformed-reply` without a
 * message.
 */
export function parseOpenaiChatReply(text: string, errorOf: ErrorOf, request?: Chat): ChatReply {
  const audio = request === undefined ? undefined : askedAudio(request)
  return readReply(text, { ...chatReplies, read: (message) => readMessage(message, audio) }, errorOf)
}

/** The media type of the audio that was asked for. The reply does not repeat it. */
function askedAudio(request: Chat): string | undefined {
  const asked = originalOf(request, openaiChatDialect)?.body.audio ?? request.options?.[openaiVendor]?.audio
  const format = isRecord(asked) ? asked.format : undefined
  return typeof format === 'string' ? audioType(format) : undefined
}

function readMessage(message: unknown, audio?: string): readonly ChatPart[] | undefined {
  return isRecord(message) ? readContent(message, audio) : undefined
}

const chatReplies: ReplyForm = {
  dialect: openaiChatDialect,
  object: 'chat.completion',
  member: 'message',
  read: (message) => readMessage(message),
  print: ({ content, finishReason }, index, createdMs) => ({
    index,
    message: openaiAnswer(content, createdMs),
    logprobs: null,
    finish_reason: openaiFinish(finishReason),
  }),
}

function readContent(message: JsonRecord, audio: string | undefined): readonly ChatPart[] {
  const parts: ChatPart[] = []
  const details = readReasoningDetails(message.reasoning_details)
  const reasoning = reasoningNames.map((name) => message[name]).find((each) => typeof each === 'string')
  if (details !== undefined) for (const thought of details) parts.push({ type: 'reasoning', ...thought })
  else if (typeof reasoning === 'string' && reasoning !== '')
    parts.push({ type: 'reasoning', text: reasoning })
  const signed = readSignedContent(message.extra_content)
  const chunks = contentChunks(message.content)
  for (const [index, chunk] of chunks.entries()) {
    parts.push(index === chunks.length - 1 && chunk.type === 'text' ? { ...chunk, ...signed } : chunk)
  }
  if (typeof message.refusal === 'string') parts.push({ type: 'refusal', text: message.refusal })
  if (isRecord(message.audio)) parts.push(readAudio(message.audio, audio))
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) parts.push(readCall(call))
  if (isRecord(message.function_call)) parts.push(readCall({ function: message.function_call }))
  return parts
}

function readAudio({ id, data, transcript }: JsonRecord, mediaType = 'application/octet-stream'): AudioPart {
  return {
    type: 'audio',
    ...(typeof data === 'string' ? { url: `data:${mediaType};base64,${data}` } : {}),
    ...(typeof id === 'string' ? { fileId: id } : {}),
    ...(typeof transcript === 'string' ? { transcript } : {}),
  }
}

function readCall(call: unknown): ChatPart {
  if (!isRecord(call))
    throw new ModelspineError('malformed-reply', 'the reply has a tool call that is no object')
  const id = String(call.id ?? '')
  const called = call.function ?? call.custom
  if (call.function === undefined && call.custom === undefined && typeof call.type === 'string') {
    return { type: 'opaque', vendor: openaiVendor, kind: call.type, data: call }
  }
  if (!isRecord(called) || typeof called.name !== 'string') {
    throw new ModelspineError('malformed-reply', 'the reply has a tool call without a name')
  }
  const { name } = called
  const signed = readSignedContent(call.extra_content)
  return call.function === undefined
    ? { type: 'tool-call', id, name, arguments: String(called.input ?? ''), custom: true, ...signed }
    : { type: 'tool-call', id, name, arguments: String(called.arguments ?? ''), ...signed }
}

/** As `printReply` of a codec. */
export function printOpenaiChatReply(reply: ChatReply, facts: Pick<ChatAnswerFacts, 'createdMs'>): string {
  return printReply(reply, chatReplies, facts)
}

function openaiAnswer(content: readonly ChatPart[], createdMs: number): JsonRecord {
  const text = textOfParts(content, 'text')
  const reasoning = textOfParts(content, 'reasoning')
  const thoughts = content.some(isSignedThought) ? content : []
  const details = thoughts.flatMap((part) => (part.type === 'reasoning' ? reasoningDetails(part) : []))
  const calls = content.flatMap(answeredCall)
  const beside = calls.length > 0 || content.some(({ type }) => type === 'refusal' || type === 'audio')
  return {
    role: 'assistant',
    content: text === '' && beside ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...signedContent(content.findLast(isSignedText) ?? {}),
    refusal: content.some(({ type }) => type === 'refusal') ? textOfParts(content, 'refusal') : null,
    ...answeredAudio(content, createdMs),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

/** One audio has a place. What no server keeps cannot be fetched by its id, so that it ends when it is made. */
function answeredAudio(content: readonly ChatPart[], createdMs: number): JsonRecord {
  const audio = content.find((part): part is AudioPart => part.type === 'audio')
  if (audio === undefined) return {}
  const { fileId = 'audio', url = '', transcript = '' } = audio
  const data = readDataUrl(url)?.base64 ?? ''
  return { audio: { id: fileId, data, expires_at: Math.floor(createdMs / 1000), transcript } }
}

/** Only thoughts with a proof have more to say than their text. If one has, all are listed, so that none is lost. */
function isSignedThought(part: ChatPart): boolean {
  return part.type === 'reasoning' && (part.signature !== undefined || part.encrypted !== undefined)
}

function isSignedText(part: ChatPart): part is TextPart {
  return part.type === 'text' && part.signature !== undefined
}

function answeredCall(part: ChatPart): readonly JsonRecord[] {
  if (part.type !== 'tool-call') return []
  const { id, name, arguments: text, custom } = part
  const signed = signedContent(part)
  return custom === true
    ? [{ id, type: 'custom', custom: { name, input: text }, ...signed }]
    : [{ id, type: 'function', function: { name, arguments: text }, ...signed }]
}

function textOfParts(content: readonly ChatPart[], type: 'text' | 'reasoning' | 'refusal'): string {
  return content.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
}
