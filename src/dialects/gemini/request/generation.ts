import { isRecord } from '../../../json.ts'
import type { ChatRequest, UnreadField } from '../../../provider/contract.ts'
import type { JsonFields } from '../../json-fields.ts'
import { optionalGeminiFields, unreadIn } from '../gemini-fields.ts'
import { jsonSchemaOf } from './schema.ts'

type Fields = Partial<Record<keyof ChatRequest, unknown>>

export interface GeminiGeneration {
  readonly fields: Fields
  readonly unread: readonly UnreadField[]
}

const read = [
  'maxOutputTokens',
  'candidateCount',
  'temperature',
  'topP',
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'stopSequences',
  'seed',
  'thinkingConfig',
]
const formatFields = ['responseMimeType', 'responseSchema', 'responseJsonSchema']
const hints: ReadonlySet<string> = new Set(['mediaResolution'])

/** Reads `generationConfig`. Ranges differ between models, and the service knows its own. Throws `bad-request`. */
export function parseGeneration(body: JsonFields): GeminiGeneration {
  const config = optionalGeminiFields(body, 'generationConfig')
  if (config === undefined) return { fields: {}, unread: [] }
  const format = formatOf(config)
  const thinking = thinkingOf(config)
  return {
    fields: {
      // Zero is the service's own limit.
      maxOutputTokens: config.optionalInteger('maxOutputTokens', 0) || undefined,
      choices: config.optionalInteger('candidateCount', 1),
      temperature: config.optionalNumber('temperature', 0, Infinity),
      topP: config.optionalNumber('topP', 0, Infinity),
      topK: config.optionalNumber('topK', 0, Infinity),
      frequencyPenalty: config.optionalNumber('frequencyPenalty', -Infinity, Infinity),
      presencePenalty: config.optionalNumber('presencePenalty', -Infinity, Infinity),
      stop: stopOf(config),
      seed: config.optionalWholeNumber('seed'),
      ...thinking.fields,
      ...format.fields,
    },
    unread: [
      ...unreadIn(config, new Set([...read, ...format.read, 'responseModalities']), hints),
      ...modalities(config),
      ...thinking.unread,
    ],
  }
}

/** Text is what every model answers. */
function modalities(config: JsonFields): readonly UnreadField[] {
  const list = config.optionalList('responseModalities', 'a list of modalities') ?? []
  return list.every((each) => each === 'TEXT') ? [] : [{ field: config.at('responseModalities') }]
}

function stopOf(config: JsonFields): readonly string[] | undefined {
  const list = config.optionalList('stopSequences', 'a list of strings')
  if (list === undefined) return undefined
  if (!list.every((each) => typeof each === 'string'))
    throw config.wrong('stopSequences', 'a list of strings')
  return list
}

const thinkingFields: ReadonlySet<string> = new Set(['thinkingBudget', 'thinkingLevel', 'includeThoughts'])

function thinkingOf(config: JsonFields): GeminiGeneration {
  const thinking = optionalGeminiFields(config, 'thinkingConfig')
  if (thinking === undefined) return { fields: {}, unread: [] }
  const budget = thinking.optionalInteger('thinkingBudget', -1)
  const level = thinking.optionalString('thinkingLevel')
  const shown = thinking.optionalBoolean('includeThoughts')
  const isLevel = level !== undefined && level !== 'THINKING_LEVEL_UNSPECIFIED'
  // Whoever says how much to think wants to see it, as with other vendors.
  const isExtra = shown === true && !isLevel && (budget === undefined || budget === -1)
  return {
    fields: {
      // -1 leaves it to the model, as every other vendor does without a budget.
      reasoningTokens: budget === -1 ? undefined : budget,
      reasoningEffort: isLevel ? level.toLowerCase() : undefined,
    },
    unread: [
      ...unreadIn(thinking, thinkingFields),
      ...(isExtra ? [{ field: thinking.at('includeThoughts'), hint: true as const }] : []),
    ],
  }
}

function formatOf(config: JsonFields): { readonly fields: Fields; readonly read: readonly string[] } {
  const mediaType = config.optionalString('responseMimeType')
  if (mediaType === 'text/plain') return { fields: {}, read: formatFields.slice(0, 1) }
  if (mediaType !== 'application/json') return { fields: {}, read: [] }
  const schema = config.value('responseJsonSchema') ?? jsonSchemaOf(config.value('responseSchema'))
  if (schema === undefined) return { fields: { responseFormat: 'json' }, read: formatFields }
  if (!isRecord(schema)) throw config.wrong('responseJsonSchema', 'an object')
  return { fields: { responseSchema: namedSchema(schema) }, read: formatFields }
}

/** What other formats say beside a schema stands in it here. */
function namedSchema(schema: Readonly<Record<string, unknown>>): ChatRequest['responseSchema'] {
  const { title, description, ...bare } = schema
  const isName = typeof title === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(title)
  return {
    name: isName ? title : 'response',
    // Google lets no answer through that does not match.
    strict: true,
    ...(typeof description === 'string' && { description }),
    schema: {
      ...bare,
      ...(title !== undefined && !isName && { title }),
      ...(description !== undefined && typeof description !== 'string' && { description }),
    },
  }
}
