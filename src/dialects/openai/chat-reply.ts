import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { ChatPart, ChatReply } from '../../provider/contract.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish, readOpenaiFinish } from './finish.ts'
import { refusalPart, wireCall } from './message.ts'
import { openaiUsage, readOpenaiUsage } from './usage.ts'

/**
 * Reads a whole completion and checks only the fields that are used. Throws `malformed-reply` without a
 * message.
 */
export function readOpenaiChatReply(body: unknown): ChatReply {
  const choices = isRecord(body) ? body.choices : undefined
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (!isRecord(body) || !isRecord(choice) || !isRecord(choice.message)) {
    throw new ModelspineError('malformed-reply', 'the reply has no choices[0].message')
  }
  return {
    id: String(body.id ?? ''),
    model: String(body.model ?? ''),
    content: readContent(choice.message),
    finishReason: readOpenaiFinish(choice.finish_reason),
    usage: readOpenaiUsage(body.usage),
    native: { dialect: openaiChatDialect, body },
  }
}

function readContent(message: JsonRecord): readonly ChatPart[] {
  const parts: ChatPart[] = []
  if (typeof message.content === 'string' && message.content !== '')
    parts.push({ type: 'text', text: message.content })
  if (typeof message.refusal === 'string') parts.push(refusalPart(message.refusal))
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
    const called: unknown = isRecord(call) ? call.function : undefined
    if (!isRecord(call) || !isRecord(called) || typeof called.name !== 'string') {
      throw new ModelspineError('malformed-reply', 'the reply has a tool call without a function name')
    }
    parts.push({
      type: 'tool-call',
      id: String(call.id ?? ''),
      name: called.name,
      arguments: String(called.arguments ?? ''),
    })
  }
  return parts
}

/**
 * The whole completion to send. If the vendor uses this dialect, it is the vendor's own body, otherwise it is
 * built. `createdMs` is in milliseconds since the epoch.
 */
export function openaiChatReply(reply: ChatReply, createdMs: number): JsonRecord {
  if (reply.native?.dialect === openaiChatDialect) return reply.native.body
  const text = reply.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = reply.content.flatMap(wireCall)
  const usage = openaiUsage(reply.usage)
  return {
    id: reply.id,
    object: 'chat.completion',
    created: Math.floor(createdMs / 1000),
    model: reply.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: refusalOf(reply.content),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: openaiFinish(reply.finishReason),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  }
}

function refusalOf(content: readonly ChatPart[]): string | null {
  for (const part of content) {
    if (part.type === 'opaque' && isRecord(part.data) && typeof part.data.refusal === 'string')
      return part.data.refusal
  }
  return null
}
