import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatEventPart, ChatReply, FinishReason } from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../../chat-codec.ts'
import type { PlacedDelta } from '../chat-delta.ts'
import { openaiFinish, readOpenaiFinish } from '../finish.ts'
import type { ChunkForm } from '../stream-writer.ts'
import { printReply, type ReplyForm, readReply } from '../whole-reply.ts'
import { openaiCompletionsDialect } from './completion-request.ts'

/** Reads a whole answer. Throws `malformed-reply` for a choice without a text. */
export function parseOpenaiCompletionReply(text: string, errorOf: ErrorOf): ChatReply {
  return readReply(text, completionReplies, errorOf)
}

const completionReplies: ReplyForm = {
  dialect: openaiCompletionsDialect,
  object: 'text_completion',
  member: 'text',
  read(text) {
    if (typeof text !== 'string') return undefined
    return text === '' ? [] : [{ type: 'text', text }]
  },
  print: ({ content, finishReason }, index) => ({
    text: content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    index,
    logprobs: null,
    finish_reason: completionFinish(finishReason),
  }),
}

export function printOpenaiCompletionReply(reply: ChatReply, facts: ChatAnswerFacts): string {
  return printReply(reply, completionReplies, facts)
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
