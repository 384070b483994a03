import type { ChatCodec } from '../../chat-codec.ts'
import { OpenaiChatReader } from '../chat-reader.ts'
import type { OpenaiPrinting } from '../printing.ts'
import { OpenaiStreamWriter } from '../stream-writer.ts'
import { capOpenaiTokens } from '../token-limits.ts'
import {
  completionChunks,
  parseOpenaiCompletionReply,
  printOpenaiCompletionReply,
  readCompletionChoices,
} from './completion-answer.ts'
import { printOpenaiCompletion } from './completion-body.ts'
import { openaiCompletionsDialect, parseOpenaiCompletion, promptsIn } from './completion-request.ts'

const form = { dialect: openaiCompletionsDialect, readChoices: readCompletionChoices }

/** OpenAI's legacy completions, as chats with one message. */
export const openaiCompletions: ChatCodec<OpenaiPrinting> = {
  dialect: openaiCompletionsDialect,
  title: "OpenAI's legacy completions",
  parse: parseOpenaiCompletion,
  print: printOpenaiCompletion,
  capTokens: (request, cap, vendor) =>
    capOpenaiTokens(request, cap, {
      dialect: openaiCompletionsDialect,
      vendor,
      prompts: promptsIn(request),
    }),
  parseReply: parseOpenaiCompletionReply,
  printReply: printOpenaiCompletionReply,
  reader: (request, errorOf) => new OpenaiChatReader(form, request, errorOf),
  writer: (facts) => new OpenaiStreamWriter(facts, completionChunks),
}
