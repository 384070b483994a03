import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import {
  type ChatPart,
  type ChatReply,
  type FinishReason,
  nativeText,
  type Usage,
  withNative,
} from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../../chat-codec.ts'
import { holdsError, parseAnswer } from '../body-text.ts'
import { outputParts } from './items/output-item.ts'
import { replyItems } from './items/reply-items.ts'
import { openaiResponsesDialect } from './own-words.ts'
import { readResponseUsage, responseUsage } from './response-usage.ts'

/** Reads a whole response and checks only the fields that are used. Throws `malformed-reply` without `output`. */
export function parseOpenaiResponseReply(text: string, errorOf: ErrorOf): ChatReply {
  const body = parseAnswer(text, 'the reply')
  if (holdsError(body) || (isRecord(body) && body.status === 'failed')) throw errorOf(failureIn(body))
  if (!isRecord(body) || !Array.isArray(body.output)) {
    throw new ModelspineError('malformed-reply', 'the reply has no list "output"')
  }
  const content = body.output.flatMap((item: unknown) => (isRecord(item) ? outputParts(item) : []))
  const reply: ChatReply = {
    id: String(body.id ?? ''),
    model: String(body.model ?? ''),
    choices: [{ content, finishReason: responseFinish(body, content.some(isCall)) }],
    usage: readResponseUsage(body.usage),
  }
  return withNative(reply, openaiResponsesDialect, text, body)
}

export function isCall({ type }: Pick<ChatPart, 'type'>): boolean {
  return type === 'tool-call'
}

/** What a failed response says, in the form of an error's body. */
export function failureIn(body: unknown): JsonRecord {
  const error = isRecord(body) ? body.error : undefined
  return { error: error ?? { code: 'server_error', message: 'the response failed' } }
}

/** Why a response ended. `hasCalls` says whether the model called a tool. */
export function responseFinish(
  { status, incomplete_details: details }: JsonRecord,
  hasCalls: boolean,
): FinishReason {
  if (status === 'completed' || status === undefined) return hasCalls ? 'tool-calls' : 'stop'
  if (status !== 'incomplete') return 'other'
  const reason = isRecord(details) ? details.reason : undefined
  if (reason === 'content_filter') return 'content-filter'
  return reason === 'max_output_tokens' || reason === undefined ? 'length' : 'other'
}

/** As `printReply` of a codec. */
export function printOpenaiResponseReply(reply: ChatReply, facts: ChatAnswerFacts): string {
  const native = nativeText(reply, openaiResponsesDialect)
  if (native !== undefined) return native
  const [choice] = reply.choices
  // The caller may name the vendor's own id when it asks for the next answer.
  const id = reply.native?.dialect === openaiResponsesDialect ? reply.id : facts.id
  const output = replyItems(choice?.content ?? [], id)
  const { createdMs } = facts
  const model = reply.model === '' ? facts.model : reply.model
  return jsonBody(
    wholeResponse(
      { id, model, createdMs },
      { output, finishReason: choice?.finishReason ?? 'other', usage: reply.usage },
    ),
  )
}

export interface ResponseEnd {
  readonly output: readonly JsonRecord[]
  readonly finishReason: FinishReason
  readonly usage: Usage
}

export type ResponseHead = Pick<ChatAnswerFacts, 'id' | 'model' | 'createdMs'>

/** A response that ended. */
export function wholeResponse(head: ResponseHead, { output, finishReason, usage }: ResponseEnd): JsonRecord {
  const reason = incompleteReasons[finishReason]
  const used = responseUsage(usage)
  return {
    ...begunResponse(head),
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output,
    ...(used === undefined ? {} : { usage: used }),
  }
}

const incompleteReasons: Readonly<Partial<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
}

/** A response that has begun. What the request asked for is not repeated. */
export function begunResponse({ id, model, createdMs }: ResponseHead): JsonRecord {
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdMs / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
  }
}
