import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { aiSdkVendor, vendorOptions } from './dialect.ts'
import { readFile } from './media.ts'
import { ownMarks, readForeign } from './own-marks.ts'
import { readProven } from './proofs.ts'

export type PromptPart = Exclude<LanguageModelV4Message['content'], string>[number]

/** A message, and what it was read from. */
export interface ReadMessage {
  readonly message: ChatMessage
  readonly from: LanguageModelV4Message
  /** What each part of the content was read from. Undefined where a message is not read part by part. */
  readonly parts: readonly PromptPart[] | undefined
}

/** Each result of a tool is a message of its own. Every other message is one message, with one part for each part. */
export function readPrompt(prompt: LanguageModelV4Prompt): readonly ReadMessage[] {
  return prompt.flatMap((from) => readMessage(from))
}

function readMessage(from: LanguageModelV4Message): readonly ReadMessage[] {
  const options = vendorOptions(from.providerOptions)
  if (from.role === 'system') {
    const message: ChatMessage = {
      role: 'system',
      content: [{ type: 'text', text: from.content }],
      ...options,
    }
    return [{ message, from, parts: undefined }]
  }
  if (from.role !== 'tool') {
    const content = from.content.map(readPart)
    return [{ message: { role: from.role, content, ...options }, from, parts: from.content }]
  }
  return from.content.map((part) => {
    const message: ChatMessage =
      part.type === 'tool-result' ? readResult(part) : { role: 'tool', content: [required(part)] }
    return { message, from, parts: [part] }
  })
}

function readPart(part: PromptPart): ChatPart {
  switch (part.type) {
    case 'text': {
      const type = ownMarks(part.providerOptions).refusal === true ? 'refusal' : 'text'
      return { type, text: part.text, ...readProven(part.providerOptions) }
    }
    case 'file':
      return readFile(part)
    case 'reasoning':
      return { type: 'reasoning', text: part.text, ...readProven(part.providerOptions) }
    case 'tool-call': {
      if (part.providerExecuted === true) return required(part)
      const { custom } = ownMarks(part.providerOptions)
      const call = { type: 'tool-call', id: part.toolCallId, name: part.toolName } as const
      const options = readProven(part.providerOptions)
      return custom === true && typeof part.input === 'string'
        ? { ...call, arguments: part.input, custom, ...options }
        : { ...call, arguments: textOf(part.input), ...options }
    }
    case 'custom':
      return readForeign(part.kind, part.providerOptions) ?? required(part)
    default:
      return required(part)
  }
}

/** What others cannot say and must not leave out: the history of tools that the vendor ran, its own blocks. */
function required(part: PromptPart): ChatPart {
  return { type: 'opaque', vendor: aiSdkVendor, kind: part.type, data: part, required: true }
}

function readResult(part: LanguageModelV4ToolResultPart): ChatMessage {
  const { toolCallId, toolName: name, output, providerOptions } = part
  const failed = output.type === 'error-text' || output.type === 'error-json'
  return {
    role: 'tool',
    content: readOutput(output),
    name,
    toolCallId,
    ...(failed ? { toolFailed: true } : {}),
    ...vendorOptions(providerOptions),
  }
}

function readOutput(output: LanguageModelV4ToolResultOutput): readonly ChatPart[] {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return [{ type: 'text', text: output.value }]
    case 'json':
    case 'error-json':
      return [{ type: 'text', text: textOf(output.value) }]
    case 'execution-denied':
      return [{ type: 'text', text: output.reason ?? 'The execution of the tool was denied.' }]
    case 'content':
      return output.value.map((part): ChatPart => {
        const options = vendorOptions(part.providerOptions)
        if (part.type === 'text') return { type: 'text', text: part.text, ...options }
        if (part.type === 'file') return readFile(part)
        return { type: 'opaque', vendor: aiSdkVendor, kind: part.type, data: part, required: true }
      })
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
