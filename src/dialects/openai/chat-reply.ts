import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { AudioPart, ChatPart, ChatReply } from '../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../chat-codec.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish } from './finish.ts'
import { openaiVendor } from './left-over.ts'
import { reasoningNames } from './messages/message.ts'
import { wireCall } from './messages/message-wire.ts'
import { printReply, type ReplyForm, readReply } from './whole-reply.ts'

/**
 * Reads a whole completion and checks only the fields that are used. Throws `malformed-reply` without a
 * message.
 */
export function parseOpenaiChatReply(text: string, errorOf: ErrorOf): ChatReply {
  return readReply(text, chatReplies, errorOf)
}

const chatReplies: ReplyForm = {
  dialect: openaiChatDialect,
  object: 'chat.completion',
  member: 'message',
  read: (message) => (isRecord(message) ? readContent(message) : undefined),
  print: ({ content, finishReason }, index) => ({
    index,
    message: openaiAnswer(content),
    logprobs: null,
    finish_reason: openaiFinish(finishReason),
  }),
}

function readContent(message: JsonRecord): readonly ChatPart[] {
  const parts: ChatPart[] = []
  const reasoning = reasoningNames.map((name) => message[name]).find((each) => typeof each === 'string')
  if (typeof reasoning === 'string' && reasoning !== '') parts.push({ type: 'reasoning', text: reasoning })
  if (typeof message.content === 'string' && message.content !== '')
    parts.push({ type: 'text', text: message.content })
  if (typeof message.refusal === 'string') parts.push({ type: 'refusal', text: message.refusal })
  if (isRecord(message.audio)) parts.push(readAudio(message.audio))
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) parts.push(readCall(call))
  if (isRecord(message.function_call)) parts.push(readCall({ function: message.function_call }))
  return parts
}

function readAudio({ id, data, transcript }: JsonRecord): AudioPart {
  return {
    type: 'audio',
    // The request chose the format, and the reply does not repeat it.
    ...(typeof data === 'string' ? { url: `data:application/octet-stream;base64,${data}` } : {}),
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
  return call.function === undefined
    ? { type: 'tool-call', id, name, arguments: String(called.input ?? ''), custom: true }
    : { type: 'tool-call', id, name, arguments: String(called.arguments ?? '') }
}

/** As `printReply` of a codec. */
export function printOpenaiChatReply(reply: ChatReply, facts: Pick<ChatAnswerFacts, 'createdMs'>): string {
  return printReply(reply, chatReplies, facts)
}

function openaiAnswer(content: readonly ChatPart[]): JsonRecord {
  const text = textOfParts(content, 'text')
  const reasoning = textOfParts(content, 'reasoning')
  const calls = content.flatMap((part) => wireCall(part, openaiVendor))
  const beside = calls.length > 0 || content.some(({ type }) => type === 'refusal' || type === 'audio')
  return {
    role: 'assistant',
    content: text === '' && beside ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    refusal: content.some(({ type }) => type === 'refusal') ? textOfParts(content, 'refusal') : null,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function textOfParts(content: readonly ChatPart[], type: 'text' | 'reasoning' | 'refusal'): string {
  return content.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
}
