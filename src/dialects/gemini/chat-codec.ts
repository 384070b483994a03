import { jsonBody } from '../../provider/contract/json-body.ts'
import { type ChatRequest, originalOf } from '../../provider/contract.ts'
import type { ChatCodec } from '../chat-codec.ts'
import { withOwnSeals } from '../own-seals.ts'
import { GeminiReader } from './answer/chat-reader.ts'
import { parseGeminiReply, printGeminiReply } from './answer/chat-reply.ts'
import { GeminiWriter } from './answer/chat-writer.ts'
import { geminiDialect, geminiTitle, googleVendor } from './gemini-names.ts'
import { isGoogles } from './google-signature.ts'
import { geminiBody } from './printing/chat-body.ts'
import { type GeminiPrinting, geminiContext } from './printing/gemini-printing.ts'
import { patchGemini } from './printing/patch-body.ts'
import { parseGemini } from './request/chat-request.ts'
import { capGeminiTokens } from './token-limits.ts'

/** The body of `generateContent`, as `print` of a codec. The path says the model, and whether the answer is streamed. */
function printGemini(request: ChatRequest, printing: GeminiPrinting): string {
  const original = originalOf(request, geminiDialect)
  if (original === undefined) return jsonBody(geminiBody(request, printing))
  const { carriage } = geminiContext(request, printing)
  const own = withOwnSeals(request, { unmarked: googleVendor, isOwn: isGoogles }, carriage)
  return patchGemini(own, original, printing)
}

/** Gemini's `generateContent` and `streamGenerateContent`, in the Gemini API and in Vertex AI. */
export const geminiContent: ChatCodec<GeminiPrinting> = {
  dialect: geminiDialect,
  title: geminiTitle,
  parse: parseGemini,
  print: printGemini,
  capTokens: capGeminiTokens,
  parseReply: parseGeminiReply,
  printReply: printGeminiReply,
  reader: (request, errorOf) => new GeminiReader(request, errorOf),
  writer: (facts) => new GeminiWriter(facts),
}
