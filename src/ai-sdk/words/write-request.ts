import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import { type ChatRequest, type ChatTool, editedFields, originalOf } from '../../provider/contract.ts'
import { refuseForeignParts } from '../../provider/foreign-parts.ts'
import { aiSdkDialect, aiSdkVendor, type NativeCall, providerOptions } from './dialect.ts'
import { writePrompt } from './write-prompt.ts'

type Edits = { -readonly [Name in keyof NativeCall]?: NativeCall[Name] | undefined }

/** How to say each field. What is undefined is left out of the call. */
const writers: Readonly<
  Record<string, (request: ChatRequest, before: NativeCall | undefined, keeper: string) => Edits>
> = {
  messages: ({ messages }, before, keeper) => ({ prompt: writePrompt(messages, keeper, before?.prompt) }),
  maxOutputTokens: ({ maxOutputTokens }) => ({ maxOutputTokens }),
  temperature: ({ temperature }) => ({ temperature }),
  topP: ({ topP }) => ({ topP }),
  topK: ({ topK }) => ({ topK }),
  frequencyPenalty: ({ frequencyPenalty }) => ({ frequencyPenalty }),
  presencePenalty: ({ presencePenalty }) => ({ presencePenalty }),
  stop: ({ stop }) => ({ stopSequences: stop && [...stop] }),
  seed: ({ seed }) => ({ seed }),
  tools: ({ tools }) => ({ tools: tools?.flatMap(writeTool) }),
  toolChoice: ({ toolChoice }) => ({ toolChoice: writeChoice(toolChoice) }),
  reasoningEffort: ({ reasoningEffort }) => ({ reasoning: reasoningEffort as NativeCall['reasoning'] }),
  responseSchema: writeFormat,
  responseFormat: writeFormat,
  options: ({ options }) => ({ providerOptions: undefined, ...providerOptions(options) }),
}

/**
 * The call of a model. A request that came from the AI SDK is the same call, with what was edited since. `keeper` is the
 * vendor that keeps files which are told by an id. Throws `unsupported` for what the AI SDK cannot say.
 */
export function writeRequest(request: ChatRequest, keeper: string): NativeCall {
  refuse(request)
  const original = originalOf(request, aiSdkDialect)
  const before = original?.object as NativeCall | undefined
  const fields =
    original === undefined || before === undefined
      ? Object.keys(request)
      : editedFields(request, original.value)
  const call: Edits = { ...(before ?? { prompt: [] }) }
  for (const field of fields) Object.assign(call, writers[field]?.(request, before, keeper))
  for (const name of Object.keys(call) as (keyof Edits)[]) if (call[name] === undefined) delete call[name]
  return call as NativeCall
}

function refuse(request: ChatRequest): void {
  refuseForeignParts(request, [aiSdkVendor])
  const { choices = 1, parallelToolCalls, tools = [], toolChoice } = request
  const custom = tools.find(({ type }) => type === 'custom')
  if (choices > 1) throw cannotSay('several choices', 'choices')
  if (parallelToolCalls === false) throw cannotSay('one tool call at a time', 'parallelToolCalls')
  if (custom?.type === 'custom') throw cannotSay(`the custom tool "${custom.name}"`, 'tools')
  if (typeof toolChoice === 'object' && toolChoice.custom === true) {
    throw cannotSay(`the custom tool "${toolChoice.name}"`, 'toolChoice')
  }
}

function cannotSay(what: string, field: string): ModelspineError {
  const message = `the AI SDK cannot ask a model for ${what}; leave it out, or route to another upstream`
  return new ModelspineError('unsupported', message, { details: { field } })
}

function writeTool(tool: ChatTool): NonNullable<LanguageModelV4CallOptions['tools']> {
  if (tool.type === 'opaque') {
    return tool.vendor === aiSdkVendor ? [tool.data as LanguageModelV4FunctionTool] : []
  }
  if (tool.type === 'custom') return []
  const { name, description, parameters, strict, options } = tool
  return [
    {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      inputSchema: parameters,
      ...(strict === undefined ? {} : { strict }),
      ...providerOptions(options),
    },
  ]
}

function writeFormat({ responseSchema, responseFormat }: ChatRequest): Edits {
  if (responseSchema === undefined) return { responseFormat: responseFormat && { type: 'json' } }
  const { strict: _, ...schema } = responseSchema
  return { responseFormat: { type: 'json', ...schema } }
}

function writeChoice(choice: ChatRequest['toolChoice']): NativeCall['toolChoice'] {
  if (choice === undefined) return undefined
  return typeof choice === 'object' ? { type: 'tool', toolName: choice.name } : { type: choice }
}
