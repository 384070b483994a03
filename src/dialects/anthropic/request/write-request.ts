import type { JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatRequest, originalOf } from '../../../provider/contract.ts'
import { Carriage } from '../../carriage.ts'
import type { ChatPrinting } from '../../chat-codec.ts'
import { withOwnSeals } from '../../own-seals.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import type { BlockContext } from '../blocks/block-context.ts'
import { anthropicDialect, anthropicTitle, anthropicVendor, isOwnSignature } from '../vendor.ts'
import { checkSayable } from './check-sayable.ts'
import { patchRequest } from './patch-request.ts'
import { memberWriters, type Writing, wireNames } from './write-members.ts'
import { headOf, type PlacedMessage, writeMessages, writeSystem } from './write-messages.ts'

export interface AnthropicPrinting extends ChatPrinting {
  /** The limit of an answer whose request has none. Anthropic must be told one. Default 16,384. */
  readonly maxTokens?: number
  /** Whether the model lets its callers choose how it samples. Newer ones refuse such requests. Default true. */
  readonly sampling?: boolean
}

/** Every model of today can write so much. */
const defaultMaxTokens = 16_384

/** As `print` of a codec. */
export function printAnthropicRequest(request: ChatRequest, printing: AnthropicPrinting): string {
  const { vendor, stream, carriage = new Carriage(anthropicTitle), maxTokens = defaultMaxTokens } = printing
  const { sampling = true } = printing
  const original = originalOf(request, anthropicDialect)
  const hasOwnFiles = request.native === undefined || original !== undefined
  const context = { vendor, carriage, hasOwnFiles, path: '' }
  if (original !== undefined) {
    const own = withOwnSeals(request, { unmarked: anthropicVendor, isOwn: isOwnSignature }, carriage)
    const writing = { request: own, context, maxTokens, sampling, original: original.body }
    return patchRequest(writing, original, stream)
  }
  carriage.unread(request)
  return jsonBody(wholeBody({ request, context, maxTokens, sampling, original: {} }, stream))
}

function wholeBody(writing: Writing, stream: boolean): JsonRecord {
  const { request, context } = writing
  checkSayable(request, context.carriage)
  const { betas: _headers, ...options } = request.options?.[context.vendor] ?? {}
  const body: Record<string, unknown> = { ...options, model: request.model, ...messagesOf(request, context) }
  for (const name of wireNames) {
    const value = memberWriters[name](writing)
    if (value !== undefined) body[name] = value
  }
  if (stream) body.stream = true
  return body
}

/** Instructions in the middle of a conversation are taken by few models, so they go to the head. */
function messagesOf({ messages }: ChatRequest, context: BlockContext): JsonRecord {
  const placed: readonly PlacedMessage[] = messages.map((message, index) => ({ message, index }))
  const isSystem = ({ message: { role } }: PlacedMessage): boolean =>
    role === 'system' || role === 'developer'
  for (const { index } of placed.slice(headOf(messages)).filter(isSystem)) {
    context.carriage.approximate(`messages[${index}]`, 'moved to the head')
  }
  const system = writeSystem(placed.filter(isSystem), context)
  const said = writeMessages(
    placed.filter((each) => !isSystem(each)),
    context,
    true,
  )
  refuseEmpty(said, context.carriage)
  return { ...(system !== undefined && { system }), messages: said }
}
