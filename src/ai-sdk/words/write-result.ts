import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import { resultMark } from '../../dialects/result-mark.ts'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { withMark } from './cache-marks.ts'
import { aiSdkVendor, providerOptions } from './dialect.ts'
import type { PromptPart } from './read-prompt.ts'
import { type PartContext, writePart } from './write-part.ts'

/** The parts of a message with the role `tool`: one result, or what only the AI SDK knows. `called` is its tool. */
export function writeResult(
  message: ChatMessage,
  called: string,
  context: PartContext,
): readonly PromptPart[] {
  const { content, name: toolName = called, toolCallId, options } = message
  if (toolCallId === undefined) {
    return content.flatMap((part, index) => writePart(part, inContent(context, index)))
  }
  const mark = resultMark(content, context)
  const { providerOptions: own } = providerOptions(options)
  const marked = withMark(own, mark?.cacheMark, { ...context, path: mark?.path ?? context.path })
  const output = writeOutput({ ...message, content: content.map(withoutMark) }, context)
  return [{ type: 'tool-result', toolCallId, toolName, output, ...marked }]
}

function withoutMark(part: ChatPart): ChatPart {
  const { cacheMark: _, ...unmarked } = part
  return unmarked as ChatPart
}

/** The context of a part of the message. */
export function inContent(context: PartContext, index: number): PartContext {
  return { ...context, path: `${context.path}.content[${index}]` }
}

function writeOutput(
  { content, toolFailed }: ChatMessage,
  context: PartContext,
): LanguageModelV4ToolResultOutput {
  const failed = toolFailed === true
  if (isOneText(content, failed)) {
    const texts = content.map((part, index) => {
      context.carriage.options(inContent(context, index).path, part.options, [])
      return 'text' in part ? part.text : ''
    })
    return { type: failed ? 'error-text' : 'text', value: texts.join('') }
  }
  if (failed)
    context.carriage.approximate(`${context.path}.toolFailed`, 'left out, so that only the content says it')
  return {
    type: 'content',
    value: content.flatMap((part, index) => writeOutputPart(part, inContent(context, index))),
  }
}

/** A failed tool can say texts only. Options of a single text need a part of their own. */
function isOneText(content: readonly ChatPart[], failed: boolean): boolean {
  if (content.some(({ type }) => type !== 'text')) return false
  return failed || content.length === 0 || (content.length === 1 && !content[0]?.options?.[aiSdkVendor])
}

type OutputPart = Extract<LanguageModelV4ToolResultOutput, { readonly type: 'content' }>['value'][number]

function writeOutputPart(part: ChatPart, context: PartContext): readonly OutputPart[] {
  return writePart(part, context).flatMap((written): readonly OutputPart[] => {
    if (written.type === 'text' || written.type === 'file' || written.type === 'custom') return [written]
    context.carriage.refuse(context.path, `${written.type} in the answer of a tool`)
    return []
  })
}
