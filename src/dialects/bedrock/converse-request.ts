import { isRecord } from '../../json.ts'
import { type ChatRequest, type UnreadField, withNative } from '../../provider/contract.ts'
import type { ChatCall, ChatPlaceInUrl } from '../chat-codec.ts'
import { badField, JsonFields } from '../json-fields.ts'
import { parseText } from '../openai/body-text.ts'
import { listOthers } from './left-over.ts'
import { readMessages } from './messages/read-messages.ts'
import { readTools } from './read-tools.ts'

/** The dialect of Bedrock's Converse and ConverseStream. */
export const converseDialect = 'bedrock-converse'

/** Fields that say nothing of what the answer means. */
const hints: ReadonlySet<string> = new Set([
  'requestMetadata',
  'performanceConfig',
  'serviceTier',
  'projectIdentifier',
  'additionalModelResponseFieldPaths',
])

const read: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'outputConfig',
])

/**
 * Reads the body of `POST /model/MODEL/converse`. The path says the model, and whether the answer is a stream. Fields that
 * the contract does not know stay in `native` and are listed. A known field with a wrong value throws `bad-request` with
 * the field, its value and a correct value.
 */
export function parseConverse(text: string, place?: ChatPlaceInUrl): ChatCall {
  const body = new JsonFields(parseText(text), '')
  if (place === undefined) throw badField('the path', undefined, '/model/MODEL/converse')
  const unread: UnreadField[] = []
  for (const field in body.record) {
    if (read.has(field) || body.value(field) === undefined) continue
    unread.push(hints.has(field) ? { field, hint: true } : { field })
  }
  const request: ChatRequest = {
    model: place.model,
    messages: readMessages(body, text).messages,
    ...readInference(body.optionalFields('inferenceConfig'), unread),
    ...readTools(body.optionalFields('toolConfig'), unread),
    ...readOutput(body.optionalFields('outputConfig'), unread),
    ...(unread.length > 0 && { unread }),
  }
  return {
    request: withNative(request, converseDialect, text, body.record),
    stream: place.stream,
    // Bedrock counts in each answer.
    includeUsage: true,
  }
}

type Read = Partial<ChatRequest>

function readInference(config: JsonFields | undefined, unread: UnreadField[]): Read {
  if (config === undefined) return {}
  listOthers(config, ['maxTokens', 'temperature', 'topP', 'stopSequences'], unread)
  const maxOutputTokens = config.optionalInteger('maxTokens', 1)
  const temperature = config.optionalNumber('temperature', 0, Infinity)
  const topP = config.optionalNumber('topP', 0, 1)
  const stop = config.optionalList('stopSequences', 'a list of strings')
  if (stop?.every((each) => typeof each === 'string') === false) {
    throw config.wrong('stopSequences', 'a list of strings')
  }
  return {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop: stop as readonly string[] }),
  }
}

function readOutput(config: JsonFields | undefined, unread: UnreadField[]): Read {
  if (config === undefined) return {}
  listOthers(config, ['textFormat', 'effort'], unread)
  const reasoningEffort = config.optionalString('effort')
  const responseSchema = readSchema(config.optionalFields('textFormat'), unread)
  return {
    ...(reasoningEffort !== undefined && { reasoningEffort }),
    ...(responseSchema !== undefined && { responseSchema }),
  }
}

function readSchema(format: JsonFields | undefined, unread: UnreadField[]): ChatRequest['responseSchema'] {
  if (format === undefined) return undefined
  const structure = format.optionalFields('structure')
  const declared = structure?.optionalFields('jsonSchema')
  if (format.value('type') !== 'json_schema' || structure === undefined || declared === undefined) {
    unread.push({ field: format.at('type') })
    return undefined
  }
  listOthers(format, ['type', 'structure'], unread)
  listOthers(structure, ['jsonSchema'], unread)
  listOthers(declared, ['schema', 'name', 'description'], unread)
  const description = declared.optionalString('description')
  return {
    name: declared.optionalString('name') ?? 'answer',
    ...(description !== undefined && { description }),
    schema: schemaIn(declared),
    // Converse holds the model to it.
    strict: true,
  }
}

/** Bedrock takes the schema as a text. */
function schemaIn(declared: JsonFields): Readonly<Record<string, unknown>> {
  const right = 'a JSON Schema as a text'
  try {
    const schema: unknown = JSON.parse(declared.string('schema', right))
    if (isRecord(schema)) return schema
  } catch {
    // Told below, without what it says.
  }
  throw declared.wrong('schema', right)
}
