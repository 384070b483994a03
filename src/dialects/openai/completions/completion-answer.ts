import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import {
  type ChatChoice,
  type ChatEventPart,
  type ChatReply,
  type FinishReason,
  nativeText,
  withNative,
} from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../../chat-codec.ts'
import { bodyText, holdsError, parseAnswer } from '../body-text.ts'
import type { PlacedDelta } from '../chat-delta.ts'
import { openaiFinish, readOpenaiFinish } from '../finish.ts'
import type { ChunkForm } from '../stream-writer.ts'
import { openaiUsage, readOpenaiUsage } from '../usage.ts'
import { openaiCompletionsDialect } from './completion-request.ts'

/** Reads a whole answer. Throws `malformed-reply` for a choice without a text. */
export function parseOpenaiCompletionReply(text: string, errorOf: ErrorOf): ChatReply {
  const body = parseAnswer(text, 'the reply')
  if (holdsError(body)) throw errorOf(body)
  if (!isRecord(body) || !Array.isArray(body.choices) || body.choices.length === 0) throw malformed(0)
  const reply: ChatReply = {
    id: String(body.id ?? ''),
    model: String(body.model ?? ''),
    choices: body.choices.map(readChoice),
    usage: readOpenaiUsage(body.usage),
  }
  return withNative(reply, openaiCompletionsDialect, text, body)
}

function malformed(index: number): ModelspineError {
  return new ModelspineError('malformed-reply', `the reply has no choices[${index}].text`)
}

function readChoice(choice: unknown, index: number): ChatChoice {
  if (!isRecord(choice) || typeof choice.text !== 'string') throw malformed(index)
  const content = choice.text === '' ? [] : [{ type: 'text' as const, text: choice.text }]
  return { content, finishReason: readOpenaiFinish(choice.finish_reason) }
}

export function printOpenaiCompletionReply(reply: ChatReply, { createdMs }: ChatAnswerFacts): string {
  const native = nativeText(reply, openaiCompletionsDialect)
  if (native !== undefined) return native
  const usage = openaiUsage(reply.usage)
  return bodyText({
    id: reply.id,
    object: 'text_completion',
    created: Math.floor(createdMs / 1000),
    model: reply.model,
    choices: reply.choices.map(({ content, finishReason }, index) => ({
      text: content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
      index,
      logprobs: null,
      finish_reason: completionFinish(finishReason),
    })),
    ...(usage === undefined ? {} : { usage }),
  })
}

/** This format has no word for tool calls. */
function completionFinish(reason: FinishReason): string {
  return openaiFinish(reason === 'tool-calls' ? 'stop' : reason)
}

/** What the choices of a streamed chunk say. */
export function readCompletionChoices(choices: readonly unknown[]): ChatEventPart[] {
  const parts: ChatEventPart[] = []
  for (const choice of choices) {
    if (!isRecord(choice)) {
      throw new ModelspineError(
        'malformed-reply',
        'an event of the stream has a choice that is not an object',
      )
    }
    const index = typeof choice.index === 'number' ? choice.index : 0
    if (typeof choice.text === 'string' && choice.text !== '') {
      parts.push({ type: 'text-delta', text: choice.text, choice: index, block: 0 })
    }
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) {
      parts.push({ type: 'finish', choice: index, finishReason: readOpenaiFinish(choice.finish_reason) })
    }
  }
  return parts
}

/** Chunks of legacy completions. They have only text. */
export const completionChunks: ChunkForm = {
  dialect: openaiCompletionsDialect,
  object: 'text_completion',
  nothing: { text: '' },
  finish: completionFinish,
  saying: (part: PlacedDelta): JsonRecord | undefined =>
    part.type === 'text-delta' ? { text: part.text } : undefined,
}
