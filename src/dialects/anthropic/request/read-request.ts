import { ModelspineError, messageOf } from '../../../errors.ts'
import type { JsonRecord } from '../../../json.ts'
import { type ChatRequest, withNative } from '../../../provider/contract.ts'
import type { ChatCall } from '../../chat-codec.ts'
import { parseExactly } from '../../exact-json.ts'
import { badField, JsonFields } from '../../json-fields.ts'
import { withoutUndefined } from '../../without-undefined.ts'
import { anthropicDialect } from '../vendor.ts'
import { readMessages, readSystem } from './read-messages.ts'
import { readToolChoice, readTools } from './read-tools.ts'
import { unreadFields } from './unread-fields.ts'

/**
 * Reads the body of `POST /v1/messages`. Fields that the contract does not know stay in `native`, and are listed in
 * `unread`. A known field with a wrong value throws `bad-request` with the field, its value and a correct value.
 */
export function readAnthropicRequest(text: string): ChatCall {
  const fields = new JsonFields(parseBody(text), '')
  const maxOutputTokens = fields.optionalInteger('max_tokens', 1)
  if (maxOutputTokens === undefined) throw fields.wrong('max_tokens', 'the most tokens of the answer')
  return { ...callOf(fields, text, { maxOutputTokens }), includeUsage: true }
}

/** Reads the body of `POST /v1/messages/count_tokens`, which is that of a chat without a limit. */
export function readAnthropicCount(text: string): ChatRequest {
  return callOf(new JsonFields(parseBody(text), ''), text, {}).request
}

function callOf(
  fields: JsonFields,
  text: string,
  limit: Pick<ChatRequest, 'maxOutputTokens'>,
): Pick<ChatCall, 'request' | 'stream'> {
  const unread = unreadFields(fields.record)
  const request = {
    model: fields.string('model', 'the name of a model'),
    messages: [...readSystem(fields), ...readMessages(fields.value('messages')).flat()],
    ...limit,
    ...withoutUndefined({
      temperature: fields.optionalNumber('temperature', 0, Infinity),
      topP: fields.optionalNumber('top_p', 0, 1),
      topK: fields.optionalInteger('top_k', 0),
      stop: stopOf(fields),
      tools: readTools(fields),
      ...readToolChoice(fields),
      reasoningTokens: reasoningTokensOf(fields),
      ...outputOf(fields),
      endUser: fields.optionalFields('metadata')?.optionalString('user_id'),
    }),
    ...(unread.length > 0 && { unread }),
  } as ChatRequest
  return {
    request: withNative(request, anthropicDialect, text, fields.record),
    stream: fields.optionalBoolean('stream') ?? false,
  }
}

function stopOf(fields: JsonFields): readonly string[] | undefined {
  const list = fields.optionalList('stop_sequences', 'a list of strings')
  if (list === undefined) return undefined
  if (!list.every((each) => typeof each === 'string'))
    throw fields.wrong('stop_sequences', 'a list of strings')
  return list
}

function reasoningTokensOf(fields: JsonFields): number | undefined {
  const thinking = fields.optionalFields('thinking')
  if (thinking?.value('type') === 'disabled') return 0
  if (thinking?.value('type') !== 'enabled') return undefined
  const budget = thinking.optionalInteger('budget_tokens', 1)
  if (budget === undefined) throw thinking.wrong('budget_tokens', 'the most tokens to think with')
  return budget
}

function outputOf(fields: JsonFields): Pick<ChatRequest, 'reasoningEffort' | 'responseSchema'> {
  const output = fields.optionalFields('output_config')
  const reasoningEffort = output?.optionalString('effort')
  const format = output?.optionalFields('format')
  const responseSchema = format?.value('type') === 'json_schema' ? schemaOf(format) : undefined
  return {
    ...(reasoningEffort !== undefined && { reasoningEffort }),
    ...(responseSchema !== undefined && { responseSchema }),
  }
}

/** The format has no name for a schema, which others need. Every answer matches its schema. */
function schemaOf(format: JsonFields): ChatRequest['responseSchema'] {
  const schema: JsonRecord | undefined = format.optionalFields('schema')?.record
  if (schema === undefined) throw badField(format.at('schema'), undefined, 'a JSON Schema')
  return { name: 'answer', schema, strict: true }
}

function parseBody(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (error) {
    throw new ModelspineError('bad-request', `the body is not JSON: ${messageOf(error)}`)
  }
}
