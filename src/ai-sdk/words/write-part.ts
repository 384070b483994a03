import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { aiSdkVendor, providerOptions } from './dialect.ts'
import { writeFile } from './media.ts'
import { provenOptions } from './proofs.ts'
import type { PromptPart } from './read-prompt.ts'

/** The part of a prompt, in a list of one. Empty for what only another vendor knows. */
export function writePart(part: ChatPart, role: ChatMessage['role'], keeper: string): readonly PromptPart[] {
  const options = providerOptions(part.options)
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text, ...provenOptions(part, keeper) }]
    // The AI SDK has no word for a refusal. A route behind the model knows our mark.
    case 'refusal':
      return [{ type: 'text', text: part.text, ...provenOptions(part, keeper, { refusal: true }) }]
    case 'image':
    case 'audio':
    case 'file': {
      const named = part.type === 'file' && part.filename !== undefined ? { filename: part.filename } : {}
      // An assistant's audio is known to its vendor by its id; what was said is enough for another.
      if (role === 'assistant' && part.type === 'audio' && part.url === undefined) {
        return [{ type: 'text', text: part.transcript ?? '', ...options }]
      }
      return [{ type: 'file', ...writeFile(part, keeper), ...named, ...options }]
    }
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...provenOptions(part, keeper) }]
    case 'tool-call': {
      const { id: toolCallId, name: toolName, custom } = part
      const input = custom === true ? part.arguments : parsed(part.arguments)
      return [{ type: 'tool-call', toolCallId, toolName, input, ...provenOptions(part, keeper, { custom }) }]
    }
    case 'opaque':
      // Another vendor's required part was refused before.
      return part.vendor === aiSdkVendor ? [part.data as PromptPart] : []
  }
}

/** A model may have written arguments that are not JSON. Then the text itself is the input. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text)
  } catch {
    return text
  }
}

/** The parts of a message with the role `tool`: one result, or what only the AI SDK knows. `called` is its tool. */
export function writeResult(message: ChatMessage, keeper: string, called: string): readonly PromptPart[] {
  const { content, name: toolName = called, toolCallId, toolFailed, options } = message
  if (toolCallId === undefined) return content.flatMap((part) => writePart(part, 'tool', keeper))
  const output = writeOutput(content, toolFailed === true, keeper)
  return [{ type: 'tool-result', toolCallId, toolName, output, ...providerOptions(options) }]
}

function writeOutput(
  content: readonly ChatPart[],
  failed: boolean,
  keeper: string,
): LanguageModelV4ToolResultOutput {
  const texts = content.map((part) => (part.type === 'text' ? part.text : undefined))
  if (failed || texts.length === 1 || texts.length === 0) {
    if (!texts.includes(undefined)) return { type: failed ? 'error-text' : 'text', value: texts.join('') }
  }
  const value = content
    .flatMap((part) => writePart(part, 'tool', keeper))
    .map((part) => {
      if (part.type === 'text' || part.type === 'file' || part.type === 'custom') return part
      throw new ModelspineError(
        'unsupported',
        `the result of a tool has a part "${part.type}", which the AI SDK cannot carry`,
      )
    })
  return { type: 'content', value }
}

/** The text of a message with the role `system`. */
export function systemText({ content }: ChatMessage): string {
  return content.map((part) => ('text' in part ? part.text : '')).join('')
}
