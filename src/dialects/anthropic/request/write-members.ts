import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import type { BlockContext } from '../blocks/block-context.ts'
import { recordOf } from '../vendor.ts'
import { isBlank } from './check-sayable.ts'
import { writeEffort, writeSampling, writeThinking } from './thinking.ts'
import { writeToolChoice, writeTools } from './write-tools.ts'

/** What the members of a body are written from. */
export interface Writing {
  readonly request: ChatRequest
  readonly context: BlockContext
  /** The limit of an answer whose request has none. */
  readonly maxTokens: number
  /** Whether the model lets its callers choose how it samples. */
  readonly sampling: boolean
  /** The body that the caller wrote in this format. Empty for any other request. */
  readonly original: JsonRecord
}

export type WireName =
  | 'max_tokens'
  | 'temperature'
  | 'top_p'
  | 'top_k'
  | 'stop_sequences'
  | 'tools'
  | 'tool_choice'
  | 'thinking'
  | 'output_config'
  | 'metadata'

/** The members of a body besides its messages. Those that are undefined are not sent. */
export const memberWriters: Readonly<Record<WireName, (writing: Writing) => unknown>> = {
  max_tokens: writeLimit,
  temperature: (writing) => samplingOf(writing, 'temperature'),
  top_p: (writing) => samplingOf(writing, 'topP'),
  top_k: (writing) => samplingOf(writing, 'topK'),
  stop_sequences: ({ request }) => request.stop?.filter((text) => !isBlank(text)),
  tools: ({ request, context }) => request.tools && writeTools(request.tools, context),
  tool_choice: ({ request, context }) => writeToolChoice(request, context),
  thinking: (writing) =>
    writeThinking(writing.request, limitOf(writing), writing.context.carriage, {
      ...recordOf(writing.original.thinking),
      ...recordOf(optionsOf(writing).thinking),
    }),
  output_config: outputConfig,
  metadata,
}

export const wireNames = Object.keys(memberWriters) as readonly WireName[]

/** Whoever asks for no limit may get an answer that this one cuts. */
function writeLimit(writing: Writing): number {
  const limit = limitOf(writing)
  if (askedLimit(writing) === undefined)
    writing.context.carriage.approximate('maxOutputTokens', String(limit))
  return limit
}

function askedLimit(writing: Writing): number | undefined {
  return writing.request.maxOutputTokens ?? numberOf(optionsOf(writing).max_tokens)
}

/** A budget to think with is part of the limit, so it comes on top of the one that nobody asked for. */
function limitOf(writing: Writing): number {
  const { request, maxTokens } = writing
  const budget = request.reasoningTokens ?? numberOf(recordOf(optionsOf(writing).thinking).budget_tokens)
  return askedLimit(writing) ?? maxTokens + (budget ?? 0)
}

function samplingOf(writing: Writing, field: 'temperature' | 'topP' | 'topK'): number | undefined {
  const { request, context, sampling } = writing
  if (!sampling && request[field] !== undefined) {
    context.carriage.approximate(field, 'left out')
    return undefined
  }
  return writeSampling(request, field, limitOf(writing), context.carriage)
}

function outputConfig(writing: Writing): JsonRecord | undefined {
  const { request, context, original } = writing
  const { carriage } = context
  const { reasoningEffort, responseSchema } = request
  const { effort: _effort, format: given, ...rest } = recordOf(original.output_config)
  const format = recordOf(given)
  const effort = writeEffort(reasoningEffort, carriage)
  if (responseSchema?.description !== undefined)
    carriage.approximate('responseSchema.description', 'left out')
  if (responseSchema?.strict === false) carriage.approximate('responseSchema.strict', 'true')
  return unlessEmpty({
    ...rest,
    // A form of another type is in the original alone.
    ...(given !== undefined && format.type !== 'json_schema' && { format: given }),
    ...recordOf(optionsOf(writing).output_config),
    ...(effort !== undefined && { effort }),
    // The name is for those who ask. The same schema without a name means the same.
    ...(responseSchema !== undefined && {
      format: { ...format, type: 'json_schema', schema: responseSchema.schema },
    }),
  })
}

function metadata(writing: Writing): JsonRecord | undefined {
  const { endUser } = writing.request
  const { user_id: _user, ...own } = recordOf(writing.original.metadata)
  const rest = { ...own, ...recordOf(optionsOf(writing).metadata) }
  return unlessEmpty(endUser === undefined ? rest : { ...rest, user_id: endUser })
}

function optionsOf({ request, context }: Writing): JsonRecord {
  return request.options?.[context.vendor] ?? {}
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function unlessEmpty(value: JsonRecord): JsonRecord | undefined {
  return Object.keys(value).length === 0 ? undefined : value
}
