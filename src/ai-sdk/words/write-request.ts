import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import type { Carriage } from '../../dialects/carriage.ts'
import { type ChatRequest, type ChatTool, editedFields, originalOf } from '../../provider/contract.ts'
import { withMark } from './cache-marks.ts'
import { aiSdkDialect, aiSdkVendor, type NativeCall, providerOptions } from './dialect.ts'
import { leaveOpaque, type PartContext } from './write-part.ts'
import { writePrompt } from './write-prompt.ts'
import { writeReasoning } from './write-reasoning.ts'

/** The format's name for people. */
export const aiSdkTitle = 'the AI SDK'

type Edits = { -readonly [Name in keyof NativeCall]?: NativeCall[Name] | undefined }

/** A request that is being written. */
interface Writing {
  readonly request: ChatRequest
  /** The call that it came from. */
  readonly before: NativeCall | undefined
  readonly provider: string
  readonly carriage: Carriage
}

type Writer = (writing: Writing) => Edits

/** How to say each field. What is undefined is left out of the call. */
const writers: Readonly<Record<Exclude<keyof ChatRequest, 'model' | 'native' | 'unread'>, Writer>> = {
  messages: writeMessages,
  maxOutputTokens: ({ request: { maxOutputTokens } }) => ({ maxOutputTokens }),
  temperature: ({ request: { temperature } }) => ({ temperature }),
  topP: ({ request: { topP } }) => ({ topP }),
  topK: ({ request: { topK } }) => ({ topK }),
  frequencyPenalty: ({ request: { frequencyPenalty } }) => ({ frequencyPenalty }),
  presencePenalty: ({ request: { presencePenalty } }) => ({ presencePenalty }),
  stop: ({ request: { stop } }) => ({ stopSequences: stop && [...stop] }),
  seed: ({ request: { seed } }) => ({ seed }),
  tools: writeTools,
  toolChoice: writeChoice,
  reasoningEffort: writeReasoning,
  reasoningTokens: writeReasoning,
  responseSchema: writeFormat,
  responseFormat: writeFormat,
  options: ({ request: { options } }) => ({ providerOptions: undefined, ...providerOptions(options) }),
  choices: refuseChoices,
  parallelToolCalls: refuseOneCall,
  endUser: leaveEndUser,
}

/**
 * The call of a model. A request that came from the AI SDK is the same call, with what was edited since. `provider` is the
 * name that the model gives its provider. `carriage` hears what the AI SDK cannot say: it throws `unsupported` for what it
 * refuses.
 */
export function writeRequest(request: ChatRequest, provider: string, carriage: Carriage): NativeCall {
  const original = originalOf(request, aiSdkDialect)
  const before = original?.object as NativeCall | undefined
  if (before === undefined) carriage.unread(request)
  const fields =
    original === undefined || before === undefined
      ? Object.keys(request)
      : editedFields(request, original.value)
  const call: Edits = { ...(before ?? { prompt: [] }) }
  // Two fields may be said together.
  const saying = new Set(fields.map((field) => (writers as Readonly<Record<string, Writer>>)[field]))
  for (const write of saying) Object.assign(call, write?.({ request, before, provider, carriage }))
  for (const name of Object.keys(call) as (keyof Edits)[]) if (call[name] === undefined) delete call[name]
  return call as NativeCall
}

function writeMessages({ request: { messages }, before, provider, carriage }: Writing): Edits {
  // `openai.chat` keeps its files as `openai`.
  const [keeper = provider] = provider.split('.')
  return { prompt: writePrompt(messages, { provider, keeper, carriage }, before?.prompt) }
}

function refuseChoices({ request: { choices = 1 }, carriage }: Writing): Edits {
  if (choices > 1) carriage.refuse('choices', `${choices} answers`)
  return {}
}

function refuseOneCall({ request: { parallelToolCalls }, carriage }: Writing): Edits {
  if (parallelToolCalls === false) carriage.refuse('parallelToolCalls', 'one tool call at a time')
  return {}
}

function leaveEndUser({ request: { endUser }, carriage }: Writing): Edits {
  if (endUser !== undefined) carriage.approximate('endUser', 'left out')
  return {}
}

function writeTools({ request: { tools }, provider, carriage }: Writing): Edits {
  const context = (index: number) => ({ provider, carriage, path: `tools[${index}]` })
  return { tools: tools?.flatMap((tool, index) => writeTool(tool, context(index))) }
}

function writeTool(
  tool: ChatTool,
  context: Pick<PartContext, 'provider' | 'carriage' | 'path'>,
): NonNullable<LanguageModelV4CallOptions['tools']> {
  const { carriage, path } = context
  if (tool.type === 'opaque') {
    if (tool.vendor === aiSdkVendor) return [tool.data as LanguageModelV4FunctionTool]
    leaveOpaque(tool, path, carriage)
    return []
  }
  if (tool.type === 'custom') {
    carriage.refuse(path, `the custom tool "${tool.name}"`)
    return []
  }
  const { name, description, parameters, strict, options, cacheMark } = tool
  carriage.options(path, options, [aiSdkVendor])
  return [
    {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      inputSchema: parameters,
      ...(strict === undefined ? {} : { strict }),
      ...withMark(providerOptions(options).providerOptions, cacheMark, context, 'tool'),
    },
  ]
}

function writeFormat({ request: { responseSchema, responseFormat }, carriage }: Writing): Edits {
  if (responseSchema === undefined) return { responseFormat: responseFormat && { type: 'json' } }
  const { strict, ...schema } = responseSchema
  if (strict !== undefined) carriage.approximate('responseSchema.strict', 'left out')
  return { responseFormat: { type: 'json', ...schema } }
}

function writeChoice({ request: { toolChoice: choice }, carriage }: Writing): Edits {
  if (typeof choice !== 'object') return { toolChoice: choice && { type: choice } }
  if (choice.custom === true) {
    carriage.refuse('toolChoice', `the custom tool "${choice.name}"`)
    return {}
  }
  return { toolChoice: { type: 'tool', toolName: choice.name } }
}
