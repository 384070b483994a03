import { type JsonRecord, sameJson } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import { type ChatMessage, type ChatRequest, editedFields, type Original } from '../../provider/contract.ts'
import { elementsOf, listOf, membersOf, patchMembers } from '../json-text.ts'
import { refuseEmpty } from '../refuse-empty.ts'
import { type WireField, wireFields, wireNames, wireValue, writtenName } from './chat-body.ts'
import { openaiMessage } from './messages/message-wire.ts'
import { type OpenaiPrinting, wireContext } from './printing.ts'

type Edits = Record<string, string | undefined>

/**
 * The text of the original with all that the request says otherwise. `messages` gives what is written for edited
 * messages.
 */
export function patchOpenai(
  request: ChatRequest,
  original: Original<ChatRequest>,
  printing: OpenaiPrinting,
  messages: () => Edits,
): string {
  const edits: Edits = {
    model: JSON.stringify(request.model),
    ...renamedLimit(original.body, printing),
    ...streamEdits(original, printing),
  }
  for (const field of editedFields(request, original.value)) {
    if (field === 'options') Object.assign(edits, optionEdits(request, printing))
    else if (field === 'messages') Object.assign(edits, messages())
    else if (isField(field)) Object.assign(edits, fieldEdits(request, field, printing))
  }
  return patchMembers(original.text, edits)
}

function isField(field: keyof ChatRequest): field is WireField {
  return field in wireNames
}

function fieldEdits(request: ChatRequest, field: WireField, printing: OpenaiPrinting): Edits {
  const edits: Edits = {}
  for (const name of wireNames[field]) edits[name] = undefined
  const value = wireValue(request, field, wireContext(printing, '', true))
  if (value !== undefined) edits[writtenName(field, printing)] = jsonBody(value)
  return edits
}

/** The list `messages`, in which messages that were not edited keep their text. */
export function patchedMessages(
  messages: readonly ChatMessage[],
  { text, value }: Original<ChatRequest>,
  printing: OpenaiPrinting,
): string {
  const member = membersOf(text).findLast(({ name }) => name === 'messages')
  const spans = member === undefined ? [] : elementsOf(text, member.value)
  refuseEmpty(messages, wireContext(printing, '', true).carriage)
  const places = new Map(value.messages.map((message, index) => [message, index]))
  return listOf(
    text,
    messages.map((message, index) => {
      const same = sameJson(message, value.messages[index]) ? index : undefined
      const span = spans[places.get(message) ?? same ?? -1]
      return span ?? jsonBody(openaiMessage(message, wireContext(printing, `messages[${index}]`, true)))
    }),
  )
}

function optionEdits(request: ChatRequest, { vendor }: OpenaiPrinting): Edits {
  const edits: Edits = {}
  const said = new Set(['model', 'stream', 'stream_options'])
  for (const field of wireFields) {
    if (request[field] !== undefined) for (const name of wireNames[field]) said.add(name)
  }
  for (const [name, value] of Object.entries(request.options?.[vendor] ?? {})) {
    if (!said.has(name)) edits[name] = jsonBody(value)
  }
  return edits
}

/** A server that knows only `max_tokens` would ignore the newer name, and with it a cap from the policy. */
function renamedLimit(body: JsonRecord, { maxTokensField }: OpenaiPrinting): Edits {
  const { max_completion_tokens: limit, max_tokens: older } = body
  if (maxTokensField !== 'max_tokens' || typeof limit !== 'number') return {}
  const least = typeof older === 'number' ? Math.min(limit, older) : limit
  return { max_completion_tokens: undefined, max_tokens: JSON.stringify(least) }
}

/** A stream always asks for usage, so that it can be counted. */
function streamEdits({ text, body }: Original<ChatRequest>, { stream, streamUsage }: OpenaiPrinting): Edits {
  if (!stream) return body.stream === true ? { stream: undefined, stream_options: undefined } : {}
  const edits: Edits = body.stream === true ? {} : { stream: 'true' }
  if (streamUsage === 'always') return { ...edits, stream_options: undefined }
  const options = body.stream_options as JsonRecord | null | undefined
  if (options?.include_usage === true) return edits
  const usage = { include_usage: 'true' }
  const member = membersOf(text).findLast(({ name }) => name === 'stream_options')
  const given = options == null || member === undefined ? '{}' : text.slice(member.value, member.to)
  return { ...edits, stream_options: patchMembers(given, usage) }
}
