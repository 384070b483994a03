import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { joinedOptions, readMarked, splitMark } from './cache-marks.ts'
import { aiSdkVendor, vendorOptions } from './dialect.ts'
import { readFile } from './media.ts'
import { ownMarks, readForeign } from './own-marks.ts'
import { readProven } from './proofs.ts'
import { readResult, textOf } from './read-result.ts'

export type PromptPart = Exclude<LanguageModelV4Message['content'], string>[number]

/** A message, and what it was read from. */
export interface ReadMessage {
  readonly message: ChatMessage
  /** A mark for the cache stands in it on the last part, where it was one of the whole message. */
  readonly from: LanguageModelV4Message
  /** What each part of the content was read from. Undefined where a message is not read part by part. */
  readonly parts: readonly PromptPart[] | undefined
}

/** Each result of a tool is a message of its own. Every other message is one message, with one part for each part. */
export function readPrompt(prompt: LanguageModelV4Prompt): readonly ReadMessage[] {
  return prompt.flatMap((from) => readMessage(from))
}

function readMessage(from: LanguageModelV4Message): readonly ReadMessage[] {
  if (from.role === 'system') {
    const { cacheMark, rest } = splitMark(from.providerOptions)
    const text: ChatPart = { type: 'text', text: from.content, ...(cacheMark && { cacheMark }) }
    const message: ChatMessage = { role: 'system', content: [text], ...vendorOptions(rest) }
    return [{ message, from, parts: undefined }]
  }
  const moved = markedInside(from)
  if (moved === undefined) return readTurn(from)
  const read = readTurn(moved)
  // A part that cannot have the mark leaves it where it was.
  return read.at(-1)?.message.content.at(-1)?.cacheMark === undefined ? readTurn(from) : read
}

type Turn = Exclude<LanguageModelV4Message, { readonly role: 'system' }>

/** The message with its mark on its last part, which says the same. Undefined without a mark, or where there is one. */
function markedInside(message: Turn): Turn | undefined {
  const { providerOptions, ...bare } = message
  const { cacheMark, marking = {}, rest } = splitMark(providerOptions)
  const last = message.content.at(-1)
  if (cacheMark === undefined || last === undefined) return undefined
  if (splitMark(last.providerOptions).cacheMark !== undefined) return undefined
  const marked = { ...last, providerOptions: joinedOptions(last.providerOptions, marking) }
  const content = [...message.content.slice(0, -1), marked]
  return { ...bare, content, ...(rest && { providerOptions: rest }) } as Turn
}

function readTurn(from: Turn): readonly ReadMessage[] {
  const options = vendorOptions(from.providerOptions)
  if (from.role !== 'tool') {
    const content = from.content.map((part: PromptPart) => readMarked(part, readPart))
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
