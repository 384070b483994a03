import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import type { ChatRequest } from '../../provider/contract.ts'
import { Carriage } from '../carriage.ts'
import type { ChatPrinting } from '../chat-codec.ts'
import { patchMembers } from '../json-text.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { type ConverseMembers, type MemberEdits, objectMembers } from './converse-members.ts'
import { bedrockVendor } from './left-over.ts'
import { type ConverseContext, namesClaude } from './messages/write-context.ts'
import { entriesText, entryOf, headLength, systemText } from './messages/write-messages.ts'
import { wireReasoning } from './reasoning-wish.ts'
import { toolMembers } from './wire-tools.ts'

export const converseTitle = "Bedrock's Converse"

export type ConverseField = Exclude<keyof ChatRequest, 'model' | 'options' | 'unread' | 'native'>

export function converseContext(request: ChatRequest, printing: ChatPrinting): ConverseContext {
  const { vendor, carriage = new Carriage(converseTitle) } = printing
  return { vendor, carriage, path: '', isClaude: namesClaude(request.model), documentNames: new Set() }
}

/** Bedrock's own fields that the caller gave beside the contract's. */
export function requestOptions({ options }: ChatRequest, { vendor }: ConverseContext): JsonRecord {
  return { ...options?.[bedrockVendor], ...options?.[vendor] }
}

/** The body of a request that did not come in this dialect. The model and the wish for a stream are in the path. */
export function converseBody(request: ChatRequest, context: ConverseContext): string {
  context.carriage.unread(request)
  const own = requestOptions(request, context)
  const fields = converseFields.filter((field) => request[field] !== undefined)
  const said = membersOfFields(request, new Set(fields), context)
  const body: Record<string, unknown> = { ...own }
  for (const name of objectMembers) {
    const given = own[name]
    const merged = withoutUndefined({ ...(isRecord(given) ? given : {}), ...said[name] })
    if (Object.keys(merged).length > 0) body[name] = merged
  }
  const { messages } = request
  const head = headLength(messages)
  const entries = messages.slice(head).map((message, index) => entryOf(message, head + index, context))
  return patchMembers(jsonBody(body), {
    messages: entriesText(entries, context),
    system: systemText(messages.slice(0, head), context),
  })
}

export const converseFields: readonly ConverseField[] = [
  'messages',
  'maxOutputTokens',
  'choices',
  'temperature',
  'topP',
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'stop',
  'seed',
  'tools',
  'toolChoice',
  'parallelToolCalls',
  'reasoningEffort',
  'reasoningTokens',
  'responseFormat',
  'responseSchema',
  'endUser',
]

/** What these fields of the request say. Refuses or tells what Converse has no word for. */
export function membersOfFields(
  request: ChatRequest,
  fields: ReadonlySet<keyof ChatRequest>,
  context: ConverseContext,
): ConverseMembers {
  checkLacking(request, fields, context)
  const inference: Record<string, unknown> = {}
  if (fields.has('maxOutputTokens')) inference.maxTokens = request.maxOutputTokens
  if (fields.has('temperature')) inference.temperature = wireTemperature(request.temperature, context)
  if (fields.has('topP')) inference.topP = request.topP
  if (fields.has('stop')) inference.stopSequences = request.stop
  const tools = fields.has('tools') || fields.has('toolChoice') ? toolMembers(request, context) : {}
  const reasoning =
    fields.has('reasoningEffort') || fields.has('reasoningTokens') ? wireReasoning(request, context) : {}
  const schema = fields.has('responseSchema') ? { textFormat: wireSchema(request, context) } : {}
  const topK = fields.has('topK') ? wireTopK(request, context) : {}
  return {
    inferenceConfig: inference,
    toolConfig: tools,
    outputConfig: { ...schema, ...reasoning.outputConfig },
    additionalModelRequestFields: { ...topK, ...reasoning.additionalModelRequestFields },
  }
}

/** What Converse has no word for. */
function checkLacking(
  request: ChatRequest,
  fields: ReadonlySet<keyof ChatRequest>,
  { carriage }: ConverseContext,
): void {
  const { choices, parallelToolCalls, responseFormat, responseSchema, tools = [] } = request
  if (fields.has('choices') && choices !== undefined && choices > 1) {
    carriage.refuse('choices', `a wish for ${choices} answers`, 'ask for one')
  }
  if (fields.has('parallelToolCalls') && parallelToolCalls === false && tools.length > 0) {
    carriage.refuse('parallelToolCalls', 'false')
  }
  if (fields.has('responseFormat') && responseFormat !== undefined && responseSchema === undefined) {
    carriage.refuse('responseFormat', 'a wish for JSON without a schema', 'give a responseSchema')
  }
  for (const field of ['seed', 'frequencyPenalty', 'presencePenalty', 'endUser'] as const) {
    if (fields.has(field) && request[field] !== undefined) carriage.approximate(field, 'left out')
  }
}

function wireTemperature(temperature: number | undefined, { carriage }: ConverseContext): number | undefined {
  if (temperature === undefined || temperature <= 1) return temperature
  carriage.approximate('temperature', '1')
  return 1
}

/** Each family of models has a name of its own for it. Only Anthropic's can be told by the model's name. */
function wireTopK({ topK }: ChatRequest, { carriage, isClaude }: ConverseContext): MemberEdits {
  if (topK === undefined) return {}
  if (isClaude) return { top_k: topK }
  carriage.approximate('topK', 'left out')
  return {}
}

function wireSchema({ responseSchema }: ChatRequest, { carriage }: ConverseContext): JsonRecord | undefined {
  if (responseSchema === undefined) return undefined
  const { name, description, schema, strict } = responseSchema
  // Converse always holds the model to the schema.
  if (strict === false) carriage.approximate('responseSchema.strict', 'true')
  const jsonSchema = { schema: jsonBody(schema), name, ...(description !== undefined && { description }) }
  return { type: 'json_schema', structure: { jsonSchema } }
}
