import type { ChatCodec } from '../chat-codec.ts'
import { parseAnthropicReply, printAnthropicReply } from './answer/reply.ts'
import { AnthropicStreamReader } from './answer/stream-reader.ts'
import { AnthropicStreamWriter } from './answer/stream-writer.ts'
import { readAnthropicRequest } from './request/read-request.ts'
import { type AnthropicPrinting, printAnthropicRequest } from './request/write-request.ts'
import { capAnthropicTokens } from './token-limits.ts'
import { anthropicDialect, anthropicTitle } from './vendor.ts'

/** Anthropic's messages, in the version `2023-06-01`. */
export const anthropicMessages: ChatCodec<AnthropicPrinting> = {
  dialect: anthropicDialect,
  title: anthropicTitle,
  parse: readAnthropicRequest,
  print: printAnthropicRequest,
  capTokens: capAnthropicTokens,
  parseReply: parseAnthropicReply,
  printReply: printAnthropicReply,
  reader: (_request, errorOf) => new AnthropicStreamReader(errorOf),
  writer: (facts) => new AnthropicStreamWriter(facts),
}
