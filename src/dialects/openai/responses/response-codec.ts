import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatRequest, originalOf } from '../../../provider/contract.ts'
import type { ChatCodec } from '../../chat-codec.ts'
import { withOwnSeals } from '../../own-seals.ts'
import { openaiVendor } from '../left-over.ts'
import { capOpenaiTokens } from '../token-limits.ts'
import { isOwn } from './items/item-ids.ts'
import { openaiResponsesDialect } from './own-words.ts'
import { patchResponse } from './patch-response.ts'
import {
  carriageOf,
  type OpenaiResponsesPrinting,
  openaiResponsesTitle,
  responseBody,
} from './response-body.ts'
import { parseOpenaiResponseReply, printOpenaiResponseReply } from './response-reply.ts'
import { parseOpenaiResponse } from './response-request.ts'
import { ResponseReader } from './stream/response-reader.ts'
import { ResponseWriter } from './stream/response-writer.ts'

/** The body of `POST /responses`, as `print` of a codec. */
function printOpenaiResponse(request: ChatRequest, printing: OpenaiResponsesPrinting): string {
  const original = originalOf(request, openaiResponsesDialect)
  const carriage = carriageOf(printing)
  if (original !== undefined) {
    const own = withOwnSeals(request, { unmarked: openaiVendor, isOwn }, carriage)
    return patchResponse(own, original, printing)
  }
  carriage.unread(request)
  return jsonBody(responseBody(request, printing))
}

/** OpenAI's responses. */
export const openaiResponses: ChatCodec<OpenaiResponsesPrinting> = {
  dialect: openaiResponsesDialect,
  title: openaiResponsesTitle,
  parse: parseOpenaiResponse,
  print: printOpenaiResponse,
  capTokens: (request, cap, vendor) =>
    capOpenaiTokens(request, cap, { dialect: openaiResponsesDialect, vendor }),
  parseReply: parseOpenaiResponseReply,
  printReply: printOpenaiResponseReply,
  reader: (_request, errorOf) => new ResponseReader(errorOf),
  writer: (facts) => new ResponseWriter(facts),
}
