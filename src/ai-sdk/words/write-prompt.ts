import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { sameJson } from '../../json.ts'
import type { ChatMessage } from '../../provider/contract.ts'
import { providerOptions } from './dialect.ts'
import { type PromptPart, type ReadMessage, readPrompt } from './read-prompt.ts'
import { systemText, writePart, writeResult } from './write-part.ts'

/**
 * The prompt that says these messages. `original` is the prompt of which they are an edit: parts that were not edited
 * stay what they were, bytes and addresses included. `keeper` is the vendor that keeps files which are told by an id.
 */
export function writePrompt(
  messages: readonly ChatMessage[],
  keeper: string,
  original: LanguageModelV4Prompt = [],
): LanguageModelV4Prompt {
  const before = readPrompt(original)
  const prompt: LanguageModelV4Prompt = []
  /** The names of the tools that were called. Not every dialect repeats them with the results. */
  const called = new Map<string, string>()
  let last: ReadMessage | undefined
  for (const [place, message] of messages.entries()) {
    const read = originOf(message, place, before)
    for (const part of message.content) if (part.type === 'tool-call') called.set(part.id, part.name)
    const written = writeMessage(message, read, { keeper, called })
    const previous = prompt.at(-1)
    // The results of one turn stand in one message, as the AI SDK writes them.
    const joins = written.role === 'tool' && previous?.role === 'tool' && sameTurn(last, read)
    if (joins && previous?.role === 'tool')
      previous.content.push(...(written.content as typeof previous.content))
    else prompt.push(written)
    last = read
  }
  return prompt
}

/** Whether two results stood in one message. Those that stood in none belong together. */
function sameTurn(one: ReadMessage | undefined, other: ReadMessage | undefined): boolean {
  return one === undefined || other === undefined || one.from === other.from
}

/** What the message was read from, or the message that stands in its place. */
function originOf(
  message: ChatMessage,
  place: number,
  before: readonly ReadMessage[],
): ReadMessage | undefined {
  const same = before[place]
  if (same !== undefined && sameJson(same.message, message)) return same
  const moved = before.find((each) => sameJson(each.message, message))
  return moved ?? (same?.message.role === message.role ? same : undefined)
}

function writeMessage(
  message: ChatMessage,
  read: ReadMessage | undefined,
  { keeper, called }: { readonly keeper: string; readonly called: ReadonlyMap<string, string> },
): LanguageModelV4Message {
  const { role, content } = message
  const options = providerOptions(message.options)
  if (role === 'system' || role === 'developer')
    return { role: 'system', content: systemText(message), ...options }
  const isSame = read !== undefined && sameJson(read.message, message)
  if (role === 'tool') {
    const name = called.get(message.toolCallId ?? '') ?? ''
    const parts = isSame && read.parts !== undefined ? read.parts : writeResult(message, keeper, name)
    const turn = read?.from.providerOptions
    return {
      role,
      content: [...parts],
      ...(turn === undefined ? {} : { providerOptions: turn }),
    } as LanguageModelV4Message
  }
  const parts = content.flatMap((part, place): readonly PromptPart[] => {
    const from = read?.parts?.[place]
    return from !== undefined && sameJson(read?.message.content[place], part)
      ? [from]
      : writePart(part, role, keeper)
  })
  return { role, content: parts, ...options } as LanguageModelV4Message
}
