import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatRequest } from '../../../provider/contract.ts'
import { Carriage } from '../../carriage.ts'
import type { ChatPrinting } from '../../chat-codec.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import { withStrict } from '../schema/strict-schema.ts'
import type { ItemWriting } from './items/content-wire.ts'
import { customCallsIn, messageItems } from './items/item-wire.ts'
import { wireToolChoice, wireTools } from './tools.ts'

export const openaiResponsesTitle = "OpenAI's responses"

export interface OpenaiResponsesPrinting extends ChatPrinting {
  /** Members of a body that is written anew, under everything that the request says: `{ store: false }`. */
  readonly defaults?: JsonRecord
}

export type ResponseField = Exclude<keyof ChatRequest, 'model' | 'options' | 'unread' | 'native'>

/** The members that say each field. The first is the one to write. `text.format` stands within `text`. */
export const responseNames: Readonly<Record<ResponseField, readonly string[]>> = {
  messages: ['input', 'instructions'],
  maxOutputTokens: ['max_output_tokens'],
  choices: [],
  temperature: ['temperature'],
  topP: ['top_p'],
  topK: [],
  frequencyPenalty: [],
  presencePenalty: [],
  stop: [],
  seed: [],
  tools: ['tools'],
  toolChoice: ['tool_choice'],
  parallelToolCalls: ['parallel_tool_calls'],
  reasoningEffort: ['reasoning.effort'],
  reasoningTokens: ['reasoning.effort'],
  responseFormat: ['text.format'],
  responseSchema: ['text.format'],
  endUser: ['safety_identifier', 'user'],
}

export const responseFields = Object.keys(responseNames) as readonly ResponseField[]

export function carriageOf({ carriage }: ChatPrinting): Carriage {
  return carriage ?? new Carriage(openaiResponsesTitle)
}

/** The body of `POST /responses` for a request that did not come in this dialect. */
export function responseBody(request: ChatRequest, printing: OpenaiResponsesPrinting): JsonRecord {
  const carriage = carriageOf(printing)
  const { vendor, stream, defaults } = printing
  // Whether the answer is a stream is the call's own matter.
  const { stream: _, stream_options: __, ...own } = request.options?.[vendor] ?? {}
  const body: Record<string, unknown> = { ...defaults, ...own, model: request.model }
  for (const field of responseFields) {
    if (field === 'messages' || request[field] === undefined) continue
    const [name = ''] = responseNames[field]
    const value = fieldValue(request, field, printing)
    if (value === undefined) continue
    const [outer = '', inner] = name.split('.')
    body[outer] = inner === undefined ? value : { ...(body[outer] as JsonRecord | undefined), [inner]: value }
  }
  const writing = { vendor, carriage, customCalls: customCallsIn(request.messages) }
  const said = wireMessages(request.messages, writing)
  if (!hasConversation(own)) refuseEmpty(said.input, carriage)
  Object.assign(body, said)
  return stream ? { ...body, stream: true } : body
}

/** The first message of the system is `instructions`, where it is one text and no more. */
export function instructionsOf([first]: readonly ChatMessage[]): string | undefined {
  if (first?.role !== 'system' || first.content.length !== 1 || first.options !== undefined) return undefined
  const [part] = first.content
  if (first.name !== undefined || part?.type !== 'text') return undefined
  return part.options === undefined && part.signature === undefined ? part.text : undefined
}

interface WireMessages {
  readonly instructions?: string
  readonly input: readonly JsonRecord[]
}

function wireMessages(messages: readonly ChatMessage[], writing: ItemWriting): WireMessages {
  const instructions = instructionsOf(messages)
  const [first] = messages
  if (instructions !== undefined && first?.content[0]?.cacheMark !== undefined) {
    writing.carriage.approximate('messages[0].content[0].cacheMark', "left to the vendor's own cache")
  }
  const rest = messages.flatMap((message, index) =>
    index === 0 && instructions !== undefined ? [] : messageItems(message, `messages[${index}]`, writing),
  )
  if (rest.length > 0 || first === undefined || instructions === undefined) {
    return { ...(instructions === undefined ? {} : { instructions }), input: rest }
  }
  // OpenAI wants some input, and takes instructions there, too.
  return { input: messageItems(first, 'messages[0]', writing) }
}

/** Members that bring what was said before. */
const conversations = ['previous_response_id', 'conversation', 'prompt'] as const

export function hasConversation(body: JsonRecord): boolean {
  return conversations.some((name) => isRecord(body[name]) || typeof body[name] === 'string')
}

/** What is written of a field, or undefined for what is left out. Refuses and tells what this format lacks. */
export function fieldValue(request: ChatRequest, field: ResponseField, printing: ChatPrinting): unknown {
  const carriage = carriageOf(printing)
  const { tools = [], toolChoice, responseSchema, reasoningEffort, choices, stop } = request
  switch (field) {
    case 'choices':
      if (choices !== 1) carriage.refuse(field, `a wish for ${choices} answers`, 'ask for one')
      return undefined
    case 'stop':
      if (stop?.length !== 0) carriage.refuse(field, 'a list of texts that end the answer')
      return undefined
    case 'topK':
    case 'frequencyPenalty':
    case 'presencePenalty':
    case 'seed':
      carriage.approximate(field, 'left out')
      return undefined
    case 'reasoningTokens':
      return effortOf(request, carriage)
    case 'reasoningEffort':
      return reasoningEffort
    case 'tools':
      return wireTools(tools, { vendor: printing.vendor, carriage })
    case 'toolChoice':
      return toolChoice === undefined ? undefined : wireToolChoice(toolChoice)
    case 'responseFormat':
      return responseSchema === undefined ? { type: 'json_object' } : schemaFormat(responseSchema, carriage)
    case 'responseSchema':
      return responseSchema === undefined ? undefined : schemaFormat(responseSchema, carriage)
    default:
      return request[field]
  }
}

function schemaFormat(schema: NonNullable<ChatRequest['responseSchema']>, carriage: Carriage): JsonRecord {
  return { type: 'json_schema', ...withStrict(schema, carriage) }
}

/** Words for how much to reason, with the most tokens that each stands for. The steps are those of chat completions. */
const efforts = [
  [0, 'none'],
  [1024, 'low'],
  [8192, 'medium'],
] as const

function effortOf(
  { reasoningTokens = 0, reasoningEffort }: ChatRequest,
  carriage: Carriage,
): string | undefined {
  if (reasoningEffort !== undefined) {
    carriage.approximate('reasoningTokens', 'left to reasoningEffort')
    return reasoningEffort
  }
  const effort = efforts.find(([most]) => reasoningTokens <= most)?.[1] ?? 'high'
  carriage.approximate('reasoningTokens', `the effort "${effort}"`)
  return effort
}
