import type { ChatCodec } from '../chat-codec.ts'
import { type OpenaiPrinting, printOpenaiChat } from './chat-body.ts'
import { OpenaiChatReader } from './chat-reader.ts'
import { parseOpenaiChatReply, printOpenaiChatReply } from './chat-reply.ts'
import { openaiChatDialect, parseOpenaiChat } from './chat-request.ts'
import { OpenaiChatWriter } from './chat-writer.ts'
import { capOpenaiTokens } from './token-limits.ts'

/** OpenAI's chat completions. */
export const openaiChat: ChatCodec<OpenaiPrinting> = {
  dialect: openaiChatDialect,
  parse: parseOpenaiChat,
  print: printOpenaiChat,
  capTokens: (request, cap, vendor) => capOpenaiTokens(request, cap, { dialect: openaiChatDialect, vendor }),
  parseReply: parseOpenaiChatReply,
  printReply: printOpenaiChatReply,
  reader: (request, errorOf) => new OpenaiChatReader(request, errorOf),
  writer: (facts) => new OpenaiChatWriter(facts),
}
