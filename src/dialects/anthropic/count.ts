import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import type { ChatRequest, TokenCount } from '../../provider/contract.ts'
import type { ErrorOf } from '../chat-codec.ts'
import { patchMembers } from '../json-text.ts'
import { holdsError, parseAnswer } from '../openai/body-text.ts'
import { type AnthropicPrinting, printAnthropicRequest } from './request/write-request.ts'

/** What only the request of an answer has. The vendor refuses to count with it. */
const ofAnswers = {
  max_tokens: undefined,
  temperature: undefined,
  top_p: undefined,
  top_k: undefined,
  stop_sequences: undefined,
  metadata: undefined,
  stream: undefined,
  service_tier: undefined,
}

/** The body of `POST /v1/messages/count_tokens`. Throws `unsupported` for what the format cannot carry. */
export function printAnthropicCount(request: ChatRequest, printing: AnthropicPrinting): string {
  return patchMembers(printAnthropicRequest(request, printing), ofAnswers)
}

/** Reads the answer to it. Throws `malformed-reply` without a count. */
export function parseAnthropicCount(text: string, errorOf: ErrorOf): TokenCount {
  const body = parseAnswer(text, 'the count')
  if (holdsError(body)) throw errorOf(body)
  const inputTokens = isRecord(body) ? body.input_tokens : undefined
  if (typeof inputTokens === 'number' && inputTokens >= 0) return { inputTokens }
  throw new ModelspineError('malformed-reply', 'the answer has no input_tokens')
}

/** The answer for a caller. */
export function printAnthropicCountReply({ inputTokens }: TokenCount): string {
  return JSON.stringify({ input_tokens: inputTokens })
}
