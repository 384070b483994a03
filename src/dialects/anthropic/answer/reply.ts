import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatPart, type ChatReply, nativeText, withNative } from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../../chat-codec.ts'
import { parseExactly } from '../../exact-json.ts'
import { holdsError } from '../../openai/body-text.ts'
import { redactedOf, thinkingOf } from '../blocks/read-block.ts'
import { anthropicDialect, anthropicVendor, besides, callFieldsOf } from '../vendor.ts'
import { readStop, writeStop } from './stop-reason.ts'
import { readUsage, writeUsage } from './usage.ts'
import { answerBlocks } from './write-answer.ts'

/**
 * Reads a whole message and checks only the fields that are used. Throws `malformed-reply` without content, and what
 * `errorOf` gives for an error in the body.
 */
export function parseAnthropicReply(text: string, errorOf: ErrorOf): ChatReply {
  const body = parseBody(text)
  if (holdsError(body)) throw errorOf(body)
  if (!isRecord(body) || !Array.isArray(body.content)) throw malformed('no content')
  const reply: ChatReply = {
    id: String(body.id ?? ''),
    model: String(body.model ?? ''),
    choices: [{ content: body.content.map(readPart), ...readStop(body.stop_reason, body.stop_sequence) }],
    usage: readUsage(body.usage),
  }
  return withNative(reply, anthropicDialect, text, body)
}

function parseBody(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    // The parser's own message repeats a piece of the answer.
    throw new ModelspineError('malformed-reply', 'the reply is not JSON')
  }
}

function malformed(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `the reply has ${what}`)
}

const textFields: ReadonlySet<string> = new Set(['type', 'text'])

/** What a block of an answer says. */
export function readPart(block: unknown): ChatPart {
  if (!isRecord(block) || typeof block.type !== 'string') throw malformed('a block without a type')
  const { type } = block
  if (type === 'text' && typeof block.text === 'string') {
    return { type, text: block.text, ...besides(block, textFields) }
  }
  if (type === 'thinking' && typeof block.thinking === 'string') {
    return thinkingOf(block.thinking, typeof block.signature === 'string' ? block.signature : undefined)
  }
  if (type === 'redacted_thinking' && typeof block.data === 'string') return redactedOf(block.data)
  if (type === 'tool_use') return readCall(block)
  if (known.has(type)) throw malformed(`a block of the kind "${type}" without its content`)
  return { type: 'opaque', vendor: anthropicVendor, kind: type, data: block }
}

const known: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking'])

function readCall(block: JsonRecord): ChatPart {
  const { id, name, input = {} } = block
  if (typeof id !== 'string' || typeof name !== 'string') throw malformed('a call without an id or a name')
  const more = besides(block, callFieldsOf(block))
  return { type: 'tool-call', id, name, arguments: JSON.stringify(input), ...more }
}

/** As `printReply` of a codec. The format has one answer, so only the first choice is told. */
export function printAnthropicReply(reply: ChatReply, { model }: Pick<ChatAnswerFacts, 'model'>): string {
  const native = nativeText(reply, anthropicDialect)
  if (native !== undefined) return native
  const [choice = { content: [], finishReason: 'other' as const }] = reply.choices
  const hasCalls = choice.content.some(({ type }) => type === 'tool-call')
  return jsonBody({
    ...messageHead(reply.id, reply.model || model),
    content: choice.content.flatMap(answerBlocks),
    ...writeStop(choice, hasCalls),
    usage: writeUsage(reply.usage),
  })
}

/** The members of a message that has not begun. */
export function messageHead(id: string, model: string): JsonRecord {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  }
}
