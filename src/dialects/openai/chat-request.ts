import type { JsonRecord } from '../../json.ts'
import type { ChatRequest, ChatTool } from '../../provider/contract.ts'
import { JsonFields } from '../json-fields.ts'
import { openaiMessage, parseOpenaiMessages } from './message.ts'

/** The dialect of OpenAI's chat completions, which many other servers use, too. */
export const openaiChatDialect = 'openai-chat'

export interface OpenaiChatCall {
  /** The field `native` holds the whole body, so that a provider of the same dialect loses no field. */
  readonly request: ChatRequest
  readonly stream: boolean
  /** Whether the caller asked for a last chunk that holds the usage. */
  readonly includeUsage: boolean
}

/**
 * Reads the body of `POST /chat/completions`. Fields that the contract does not know stay in `native`. A
 * known field with a wrong value throws `bad-request` with the field, its value and a correct value.
 */
export function parseOpenaiChat(body: unknown): OpenaiChatCall {
  const fields = new JsonFields(body, '')
  const maxOutputTokens =
    fields.optionalInteger('max_completion_tokens', 1) ?? fields.optionalInteger('max_tokens', 1)
  const temperature = fields.optionalNumber('temperature', 0, 2)
  const topP = fields.optionalNumber('top_p', 0, 1)
  const seed = fields.optionalInteger('seed', -Infinity)
  const stop = stopOf(fields)
  const tools = toolsOf(fields)
  const toolChoice = toolChoiceOf(fields)
  const responseSchema = responseSchemaOf(fields)
  const request: ChatRequest = {
    model: fields.string('model', 'the name of a model'),
    messages: parseOpenaiMessages(fields.value('messages')),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stop }),
    ...(tools === undefined ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseSchema === undefined ? {} : { responseSchema }),
    native: { dialect: openaiChatDialect, body: fields.record },
  }
  const includeUsage = fields.optionalFields('stream_options')?.optionalBoolean('include_usage') ?? false
  return { request, stream: fields.optionalBoolean('stream') ?? false, includeUsage }
}

function stopOf(fields: JsonFields): readonly string[] | undefined {
  const stop = fields.value('stop')
  if (stop === undefined) return undefined
  const list = Array.isArray(stop) ? stop : [stop]
  if (!list.every((each) => typeof each === 'string'))
    throw fields.wrong('stop', 'a string or a list of strings')
  return list
}

/** Reads tools of the type `function` only. Other types belong to one vendor and stay in `native`. */
function toolsOf(fields: JsonFields): readonly ChatTool[] | undefined {
  const list = fields.optionalList('tools', 'a list of tools')
  return list?.flatMap((value, index) => {
    const tool = new JsonFields(value, `tools[${index}]`)
    if (tool.string('type') !== 'function') return []
    const declared = tool.optionalFields('function')
    if (declared === undefined) throw tool.wrong('function', 'an object with a name and parameters')
    const description = declared.optionalString('description')
    return [
      {
        name: declared.string('name'),
        ...(description === undefined ? {} : { description }),
        parameters: declared.optionalFields('parameters')?.record ?? { type: 'object', properties: {} },
      },
    ]
  })
}

function toolChoiceOf(fields: JsonFields): ChatRequest['toolChoice'] {
  const choice = fields.value('tool_choice')
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return choice
  if (typeof choice === 'string')
    throw fields.wrong('tool_choice', 'auto, none, required or a named function')
  const named = fields.optionalFields('tool_choice')
  return named?.value('type') === 'function'
    ? { name: new JsonFields(named.value('function'), named.at('function')).string('name') }
    : undefined
}

function responseSchemaOf(fields: JsonFields): ChatRequest['responseSchema'] {
  const format = fields.optionalFields('response_format')
  if (format?.value('type') !== 'json_schema') return undefined
  const declared = new JsonFields(format.value('json_schema'), format.at('json_schema'))
  return { name: declared.string('name'), schema: declared.optionalFields('schema')?.record ?? {} }
}

export interface OpenaiChatBodyOptions {
  readonly stream: boolean
  /**
   * The entry of the request's `options` to send. Fields that the contract knows win over fields of the
   * entry.
   */
  readonly vendor: string
  /**
   * The vendor's name for the limit on output tokens. OpenAI deprecated `max_tokens`. Some other vendors know
   * only `max_tokens`.
   */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
}

/**
 * The body to send. A request that came in this dialect is sent as it came, with three changes: the model is
 * replaced, the limit on output has the name that the vendor knows, and a streamed request asks for usage.
 * For any other request the body is built from the contract's fields.
 */
export function openaiChatBody(request: ChatRequest, options: OpenaiChatBodyOptions): JsonRecord {
  if (request.native?.dialect === openaiChatDialect) {
    const { stream: _, stream_options, ...rest } = request.native.body
    const body = { ...withBoundAs(options.maxTokensField, rest), model: request.model }
    if (!options.stream) return body
    return { ...body, stream: true, stream_options: { ...(stream_options as object), include_usage: true } }
  }
  const { maxOutputTokens, temperature, topP, seed, stop, tools, toolChoice, responseSchema } = request
  return {
    ...request.options?.[options.vendor],
    model: request.model,
    messages: request.messages.map(openaiMessage),
    ...(maxOutputTokens === undefined ? {} : { [options.maxTokensField]: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stop }),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
    ...(toolChoice === undefined ? {} : { tool_choice: wireToolChoice(toolChoice) }),
    ...(responseSchema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { ...responseSchema, strict: true } } }),
    ...(options.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  }
}

/** A server that knows only `max_tokens` would ignore the newer name, and with it a cap from the policy. */
function withBoundAs(field: OpenaiChatBodyOptions['maxTokensField'], body: JsonRecord): JsonRecord {
  const { max_completion_tokens: bound, ...rest } = body
  if (field !== 'max_tokens' || bound === undefined || bound === null) return body
  return { ...rest, max_tokens: body.max_tokens ?? bound }
}

function wireToolChoice(choice: NonNullable<ChatRequest['toolChoice']>): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}
