import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import type { GeminiContext } from './gemini-printing.ts'
import { wireThinking } from './thinking-wire.ts'

/** The fields of a request that `generationConfig` says, each with its members there. The first is the one to write. */
export const generationNames: Readonly<Record<GenerationField, readonly [string, ...string[]]>> = {
  maxOutputTokens: ['maxOutputTokens'],
  choices: ['candidateCount'],
  temperature: ['temperature'],
  topP: ['topP'],
  topK: ['topK'],
  frequencyPenalty: ['frequencyPenalty'],
  presencePenalty: ['presencePenalty'],
  stop: ['stopSequences'],
  seed: ['seed'],
  reasoningEffort: ['thinkingConfig'],
  reasoningTokens: ['thinkingConfig'],
  responseFormat: ['responseMimeType', 'responseJsonSchema', 'responseSchema'],
  responseSchema: ['responseMimeType', 'responseJsonSchema', 'responseSchema'],
}

export type GenerationField =
  | 'maxOutputTokens'
  | 'choices'
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'stop'
  | 'seed'
  | 'reasoningEffort'
  | 'reasoningTokens'
  | 'responseFormat'
  | 'responseSchema'

export const generationFields = Object.keys(generationNames) as readonly GenerationField[]

/** The members of `generationConfig` that say these fields. */
export function wireGeneration(
  request: ChatRequest,
  fields: readonly GenerationField[],
  context: GeminiContext,
): JsonRecord {
  const members: Record<string, unknown> = {}
  for (const field of fields) {
    const other = writtenWith.get(field)
    const isSaid = other !== undefined && request[other] !== undefined
    if (request[field] !== undefined && !isSaid) Object.assign(members, membersFor(request, field, context))
  }
  return members
}

/** Fields that another one is written with, if it is there. */
const writtenWith: ReadonlyMap<GenerationField, GenerationField> = new Map([
  ['reasoningEffort', 'reasoningTokens'],
  ['responseFormat', 'responseSchema'],
])

function membersFor(request: ChatRequest, field: GenerationField, context: GeminiContext): JsonRecord {
  switch (field) {
    case 'responseFormat':
    case 'responseSchema':
      return wireFormat(request, context)
    case 'reasoningEffort':
    case 'reasoningTokens':
      return wireThinking(request, context)
    case 'stop':
      return wireStop(request.stop, context)
    case 'temperature':
      return within('temperature', request.temperature, [0, 2], context)
    case 'frequencyPenalty':
    case 'presencePenalty':
      return within(field, request[field], [-2, 2], context)
    case 'seed':
      return wireSeed(request.seed, context)
    default:
      return { [generationNames[field][0]]: request[field] }
  }
}

function within(
  field: GenerationField,
  value: number | undefined,
  [least, most]: readonly [number, number],
  { carriage }: GeminiContext,
): JsonRecord {
  const kept = Math.min(most, Math.max(least, value ?? 0))
  if (kept !== value) carriage.approximate(field, String(kept))
  return { [generationNames[field][0]]: kept }
}

/** Google takes 32 bits. */
function wireSeed(seed: number | undefined, { carriage }: GeminiContext): JsonRecord {
  if (seed === undefined || (Number.isInteger(seed) && Math.abs(seed) < 2 ** 31)) return { seed }
  carriage.approximate('seed', 'left out')
  return {}
}

const mostStops = 5

function wireStop(stop: readonly string[] = [], { carriage }: GeminiContext): JsonRecord {
  if (stop.length <= mostStops) return { stopSequences: stop }
  carriage.refuse('stop', `a list of ${stop.length} texts`, `give at most ${mostStops}`)
  return {}
}

function wireFormat({ responseSchema }: ChatRequest, { carriage }: GeminiContext): JsonRecord {
  if (responseSchema === undefined) return { responseMimeType: 'application/json' }
  const { name, description, strict, schema } = responseSchema
  if (strict === false) carriage.approximate('responseSchema.strict', 'true')
  if (schema.title !== undefined && name !== 'response' && name !== schema.title) {
    carriage.approximate('responseSchema.name', 'left out')
  }
  if (schema.description !== undefined && description !== undefined && description !== schema.description) {
    carriage.approximate('responseSchema.description', 'left out')
  }
  // The format has no other place for them.
  const titled = {
    ...(name !== 'response' && { title: name }),
    ...(description !== undefined && { description }),
    ...schema,
  }
  return { responseMimeType: 'application/json', responseJsonSchema: titled }
}
