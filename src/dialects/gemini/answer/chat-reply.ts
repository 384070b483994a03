import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatChoice, type ChatReply, nativeText, withNative } from '../../../provider/contract.ts'
import type { ErrorOf } from '../../chat-codec.ts'
import { geminiDialect } from '../gemini-names.ts'
import { answerBody, candidatesOf } from './answer-body.ts'
import { AnswerCallIds, readAnswerParts } from './answer-parts.ts'
import { clientParts } from './client-part.ts'
import { geminiFinish, readGeminiFinish } from './finish.ts'
import { geminiUsage, readGeminiUsage } from './usage.ts'

/** Reads a whole answer and checks only the fields that are used. */
export function parseGeminiReply(text: string, errorOf: ErrorOf): ChatReply {
  const body = answerBody(text, 'the reply', errorOf)
  const candidates = candidatesOf(body)
  if (candidates.length === 0) throw new ModelspineError('malformed-reply', 'the reply has no candidates')
  const id = String(body.responseId ?? '')
  const ids = new AnswerCallIds(id)
  const reply: ChatReply = {
    id,
    model: String(body.modelVersion ?? ''),
    choices: candidates.map((candidate, place) => readChoice(candidate, place, ids)),
    usage: readGeminiUsage(body.usageMetadata),
  }
  return withNative(reply, geminiDialect, text)
}

function readChoice(candidate: unknown, place: number, ids: AnswerCallIds): ChatChoice {
  const content = isRecord(candidate) ? readAnswerParts(candidate.content, ids) : undefined
  // An answer without content and without a reason is none.
  if (!isRecord(candidate) || content === undefined || isEmpty(candidate)) {
    throw new ModelspineError('malformed-reply', `the reply has no candidates[${place}].content`)
  }
  const hasCalls = content.some(({ type }) => type === 'tool-call')
  return { content, finishReason: readGeminiFinish(candidate.finishReason, hasCalls) }
}

function isEmpty({ content, finishReason }: JsonRecord): boolean {
  return content === undefined && finishReason === undefined
}

/** A reply of this dialect as it came, and any other one built. */
export function printGeminiReply(reply: ChatReply): string {
  const native = nativeText(reply, geminiDialect)
  if (native !== undefined) return native
  const usage = geminiUsage(reply.usage)
  return jsonBody({
    candidates: reply.choices.map((choice, index) => ({
      content: { role: 'model', parts: choice.content.flatMap(clientParts) },
      finishReason: wireFinish(choice),
      index,
    })),
    ...(usage !== undefined && { usageMetadata: usage }),
    modelVersion: reply.model,
    responseId: reply.id,
  })
}

/** A call that cannot be written has Google's own word. */
function wireFinish({ content, finishReason }: ChatChoice): string {
  const isBroken = content.some((part) => part.type === 'tool-call' && clientParts(part).length === 0)
  return isBroken && finishReason === 'tool-calls' ? 'MALFORMED_FUNCTION_CALL' : geminiFinish(finishReason)
}
