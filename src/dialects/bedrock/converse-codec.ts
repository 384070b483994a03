import { type ChatRequest, originalOf } from '../../provider/contract.ts'
import type { ChatCodec, ChatPrinting } from '../chat-codec.ts'
import { withOwnSeals } from '../own-seals.ts'
import { converseBody, converseContext, converseTitle } from './converse-body.ts'
import { ConverseReader } from './converse-reader.ts'
import { parseConverseReply, printConverseReply } from './converse-reply.ts'
import { converseDialect, parseConverse } from './converse-request.ts'
import { ConverseWriter } from './converse-writer.ts'
import { bedrockVendor } from './left-over.ts'
import { isReadable } from './messages/reasoning.ts'
import { patchConverse } from './patch-converse.ts'
import { capConverseTokens } from './token-limits.ts'

/** The body of `POST /model/MODEL/converse` and of `converse-stream`, as `print` of a codec. */
function printConverse(request: ChatRequest, printing: ChatPrinting): string {
  const original = originalOf(request, converseDialect)
  const context = converseContext(request, printing)
  if (original === undefined) return converseBody(request, context)
  const own = withOwnSeals(request, { unmarked: bedrockVendor, isOwn: isReadable }, context.carriage)
  return patchConverse(own, original, printing)
}

/**
 * Bedrock's Converse and ConverseStream. The model and the wish for a stream are in the path, and a stream is binary: the
 * reader takes names and payloads of its events, and each character that the writer gives is one byte (`latin1`).
 */
export const bedrockConverse: ChatCodec = {
  dialect: converseDialect,
  title: converseTitle,
  parse: parseConverse,
  print: printConverse,
  capTokens: capConverseTokens,
  parseReply: (text, errorOf) => parseConverseReply(text, errorOf),
  printReply: printConverseReply,
  reader: (_request, errorOf) => new ConverseReader(errorOf),
  writer: () => new ConverseWriter(),
}
