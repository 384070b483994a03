import { type ChatRequest, withNative } from '../../../provider/contract.ts'
import type { ChatCall } from '../../chat-codec.ts'
import { JsonFields } from '../../json-fields.ts'
import { withoutUndefined } from '../../without-undefined.ts'
import { parseText } from '../body-text.ts'
import { groupItems } from './items/input-items.ts'
import { openaiResponsesDialect } from './own-words.ts'
import { parseToolChoice, parseTools } from './tools.ts'
import { unreadFields } from './unread-fields.ts'

/**
 * Reads the body of `POST /responses`. What chats have no word for stays in `native` and is listed in `unread`. A
 * known field with a wrong value throws `bad-request` with the field, its value and a correct value.
 */
export function parseOpenaiResponse(text: string): ChatCall {
  const fields = new JsonFields(parseText(text), '')
  const toolChoice = parseToolChoice(fields)
  const unread = unreadFields(fields.record, toolChoice !== undefined)
  const request = withoutUndefined({
    model: fields.string('model', 'the name of a model'),
    messages: groupItems(fields).map(({ message }) => message),
    maxOutputTokens: fields.optionalInteger('max_output_tokens', 1),
    temperature: fields.optionalNumber('temperature', 0, Infinity),
    topP: fields.optionalNumber('top_p', 0, 1),
    tools: parseTools(fields),
    toolChoice,
    parallelToolCalls: fields.optionalBoolean('parallel_tool_calls'),
    reasoningEffort: fields.optionalFields('reasoning')?.optionalString('effort'),
    ...parseFormat(fields),
    endUser: fields.optionalString('safety_identifier') ?? fields.optionalString('user'),
    unread: unread.length === 0 ? undefined : unread,
  }) as ChatRequest
  return {
    request: withNative(request, openaiResponsesDialect, text, fields.record),
    stream: fields.optionalBoolean('stream') ?? false,
    // Every answer in this format tells its usage.
    includeUsage: true,
  }
}

function parseFormat(fields: JsonFields): Pick<Partial<ChatRequest>, 'responseFormat' | 'responseSchema'> {
  const format = fields.optionalFields('text')?.optionalFields('format')
  const type = format?.value('type')
  if (type === 'json_object') return { responseFormat: 'json' }
  if (format === undefined || type !== 'json_schema') return {}
  const description = format.optionalString('description')
  return {
    responseSchema: {
      name: format.string('name'),
      ...withoutUndefined({ description }),
      // The vendor's default.
      strict: format.optionalBoolean('strict') ?? false,
      schema: format.optionalFields('schema')?.record ?? {},
    } as NonNullable<ChatRequest['responseSchema']>,
  }
}
