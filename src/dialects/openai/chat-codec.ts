import { jsonBody } from '../../provider/contract/json-body.ts'
import { type ChatRequest, originalOf } from '../../provider/contract.ts'
import type { ChatCodec } from '../chat-codec.ts'
import { openaiChatBody } from './chat-body.ts'
import { readChoices } from './chat-delta.ts'
import { OpenaiChatReader } from './chat-reader.ts'
import { parseOpenaiChatReply, printOpenaiChatReply } from './chat-reply.ts'
import { openaiChatDialect, parseOpenaiChat } from './chat-request.ts'
import { ChatChunkForm } from './chat-writer.ts'
import { patchedMessages, patchOpenai } from './patch-body.ts'
import { type OpenaiPrinting, openaiChatTitle } from './printing.ts'
import { OpenaiStreamWriter } from './stream-writer.ts'
import { capOpenaiTokens } from './token-limits.ts'

/** The body of `POST /chat/completions`, as `print` of a codec. */
function printOpenaiChat(request: ChatRequest, printing: OpenaiPrinting): string {
  const original = originalOf(request, openaiChatDialect)
  if (original === undefined) return jsonBody(openaiChatBody(request, printing))
  return patchOpenai(request, original, printing, () => ({
    messages: patchedMessages(request.messages, original, printing),
  }))
}

/** OpenAI's chat completions. */
export const openaiChat: ChatCodec<OpenaiPrinting> = {
  dialect: openaiChatDialect,
  title: openaiChatTitle,
  parse: parseOpenaiChat,
  print: printOpenaiChat,
  capTokens: (request, cap, vendor) => capOpenaiTokens(request, cap, { dialect: openaiChatDialect, vendor }),
  parseReply: parseOpenaiChatReply,
  printReply: printOpenaiChatReply,
  reader: (request, errorOf) =>
    new OpenaiChatReader({ dialect: openaiChatDialect, readChoices }, request, errorOf),
  writer: (facts) => new OpenaiStreamWriter(facts, new ChatChunkForm()),
}
