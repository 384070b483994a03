import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import { type Chat, type ChatTool, type VendorOptions, withNativeObject } from '../../provider/contract.ts'
import { splitMark } from './cache-marks.ts'
import { aiSdkDialect, aiSdkVendor, type NativeCall, splitOptions, vendorOptions } from './dialect.ts'
import { readPrompt } from './read-prompt.ts'

export interface ReadRequest {
  /** Its native form is the call, without what is ours and without the signal. */
  readonly request: Chat
  /** The settings that the words of chat cannot carry. True of every upstream that does not take the native form. */
  readonly uncarried: readonly SharedV4Warning[]
}

/** Reads a call of the AI SDK. `own` are options for providers that are not models of the AI SDK. */
export function readRequest(options: LanguageModelV4CallOptions, own: VendorOptions = {}): ReadRequest {
  const { abortSignal: _, providerOptions, ...rest } = options
  const { others } = splitOptions(providerOptions)
  const call: NativeCall = others === undefined ? rest : { ...rest, providerOptions: others }
  const request: Record<keyof Chat, unknown> = {
    messages: readPrompt(options.prompt).map(({ message }) => message),
    maxOutputTokens: options.maxOutputTokens,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
    stop: options.stopSequences,
    seed: options.seed,
    tools: options.tools?.map(readTool),
    toolChoice: readChoice(options.toolChoice),
    reasoningEffort: options.reasoning === 'provider-default' ? undefined : options.reasoning,
    responseSchema: readFormat(options.responseFormat),
    responseFormat: isAnyJson(options.responseFormat) ? 'json' : undefined,
    options: readOptions(options, own),
    choices: undefined,
    parallelToolCalls: undefined,
    reasoningTokens: undefined,
    endUser: undefined,
    unread: undefined,
    native: undefined,
  }
  const said = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
  return {
    request: withNativeObject(said as unknown as Chat, aiSdkDialect, call),
    uncarried: uncarriedBy(options),
  }
}

function readOptions(
  { providerOptions }: LanguageModelV4CallOptions,
  own: VendorOptions,
): VendorOptions | undefined {
  const options = { ...own, ...vendorOptions(providerOptions).options }
  return Object.keys(options).length === 0 ? undefined : options
}

type Tool = NonNullable<LanguageModelV4CallOptions['tools']>[number]

function readTool(tool: Tool): ChatTool {
  // The AI SDK's contract: a model warns of a provider's tool that it does not know, and goes on without it.
  if (tool.type === 'provider') return { type: 'opaque', vendor: aiSdkVendor, kind: tool.id, data: tool }
  const { name, description, inputSchema, strict, providerOptions } = tool
  const { cacheMark, rest } = splitMark(providerOptions)
  return {
    type: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    parameters: inputSchema as Readonly<Record<string, unknown>>,
    ...(strict === undefined ? {} : { strict }),
    ...(cacheMark === undefined ? {} : { cacheMark }),
    ...vendorOptions(rest),
  }
}

function readChoice(choice: LanguageModelV4CallOptions['toolChoice']): Chat['toolChoice'] {
  return choice?.type === 'tool' ? { name: choice.toolName } : choice?.type
}

function readFormat(format: LanguageModelV4CallOptions['responseFormat']): Chat['responseSchema'] {
  if (format?.type !== 'json' || format.schema === undefined) return undefined
  const { name = 'response', description } = format
  return {
    name,
    ...(description === undefined ? {} : { description }),
    schema: format.schema as Readonly<Record<string, unknown>>,
  }
}

function isAnyJson(format: LanguageModelV4CallOptions['responseFormat']): boolean {
  return format?.type === 'json' && format.schema === undefined
}

function uncarriedBy(options: LanguageModelV4CallOptions): readonly SharedV4Warning[] {
  const { tools = [], includeRawChunks, providerOptions } = options
  const warnings: SharedV4Warning[] = []
  const warn = (feature: string, details?: string): void => {
    warnings.push({ type: 'unsupported', feature, ...(details === undefined ? {} : { details }) })
  }
  for (const tool of tools) {
    if (tool.type === 'provider') warn(`provider-defined tool ${tool.id}`)
    else if (tool.inputExamples !== undefined) warn('inputExamples', `of the tool "${tool.name}"`)
  }
  if (includeRawChunks === true) warn('includeRawChunks')
  for (const name of Object.keys(splitOptions(providerOptions).others ?? {})) {
    warn(
      `providerOptions.${name}`,
      'only models of the AI SDK read it; see providerOptions.modelspine.options',
    )
  }
  return warnings
}
