import type {
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { readMarked, splitMark } from './cache-marks.ts'
import { aiSdkVendor, vendorOptions } from './dialect.ts'
import { readFile } from './media.ts'

type OutputPart = Extract<LanguageModelV4ToolResultOutput, { readonly type: 'content' }>['value'][number]

/** The result of a tool, as a message of its own. A mark behind it is one on its last part, if that can have it. */
export function readResult(part: LanguageModelV4ToolResultPart): ChatMessage {
  const { toolCallId, toolName: name, output, providerOptions } = part
  const failed = output.type === 'error-text' || output.type === 'error-json'
  const content = readOutput(output)
  const { cacheMark, rest } = splitMark(providerOptions)
  const last = content.at(-1)
  const isMarkable = cacheMark !== undefined && last !== undefined && last.type !== 'opaque'
  return {
    role: 'tool',
    content: isMarkable ? [...content.slice(0, -1), { ...last, cacheMark }] : content,
    name,
    toolCallId,
    ...(failed ? { toolFailed: true } : {}),
    ...vendorOptions(isMarkable ? rest : providerOptions),
  }
}

function readOutput(output: LanguageModelV4ToolResultOutput): readonly ChatPart[] {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return [readText(output.value, output)]
    case 'json':
    case 'error-json':
      return [readText(textOf(output.value), output)]
    case 'execution-denied':
      return [readText(output.reason ?? 'The execution of the tool was denied.', output)]
    case 'content':
      // Vendors mark a result as a whole, so only a mark on its last part means the same.
      return output.value.map((part, place, { length }) =>
        place === length - 1 ? readMarked(part, readPart) : readPart(part),
      )
  }
}

function readPart(part: OutputPart): ChatPart {
  if (part.type === 'text') return { type: 'text', text: part.text, ...vendorOptions(part.providerOptions) }
  if (part.type === 'file') return readFile(part)
  return { type: 'opaque', vendor: aiSdkVendor, kind: part.type, data: part, required: true }
}

function readText(
  text: string,
  { providerOptions }: { readonly providerOptions?: SharedV4ProviderOptions },
): ChatPart {
  return readMarked({ type: 'text', text, ...(providerOptions && { providerOptions }) }, readPart)
}

/** A value of JSON as its text. */
export function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
