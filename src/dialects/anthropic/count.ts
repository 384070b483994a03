import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import { type ChatRequest, originalOf, type TokenCount } from '../../provider/contract.ts'
import type { ErrorOf } from '../chat-codec.ts'
import { patchMembers } from '../json-text.ts'
import { holdsError, parseAnswer } from '../openai/body-text.ts'
import { type AnthropicPrinting, printAnthropicRequest } from './request/write-request.ts'
import { anthropicDialect } from './vendor.ts'

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

/**
 * The body of `POST /v1/messages/count_tokens`. Throws `unsupported` for what the format cannot carry. What is not part
 * of the prompt is not looked at, so nothing is told of it.
 */
export function printAnthropicCount(request: ChatRequest, printing: AnthropicPrinting): string {
  const isOwn = originalOf(request, anthropicDialect) !== undefined
  const prompt = isOwn ? request : promptOf(request)
  return patchMembers(printAnthropicRequest(prompt, printing), ofAnswers)
}

/** The limit has room for any budget to think with, and is not sent. */
function promptOf(request: ChatRequest): ChatRequest {
  const {
    choices: _choices,
    temperature: _temperature,
    topP: _topP,
    topK: _topK,
    frequencyPenalty: _frequency,
    presencePenalty: _presence,
    stop: _stop,
    seed: _seed,
    endUser: _user,
    maxOutputTokens = Number.MAX_SAFE_INTEGER,
    ...prompt
  } = request
  return { ...prompt, maxOutputTokens }
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
