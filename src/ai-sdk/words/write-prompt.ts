import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { sameJson } from '../../json.ts'
import type { ChatMessage, ChatPart } from '../../provider/contract.ts'
import { withMark } from './cache-marks.ts'
import { aiSdkVendor, providerOptions } from './dialect.ts'
import { type PromptPart, type ReadMessage, readPrompt } from './read-prompt.ts'
import { leaveOpaque, type PartContext, writePart } from './write-part.ts'
import { inContent, writeResult } from './write-result.ts'

/**
 * The prompt that says these messages. `original` is the prompt of which they are an edit: parts that were not edited
 * stay what they were, bytes and addresses included.
 */
export function writePrompt(
  messages: readonly ChatMessage[],
  writing: Pick<PartContext, 'provider' | 'keeper' | 'carriage'>,
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
    const context = { ...writing, role: message.role, path: `messages[${place}]` }
    for (const written of writeMessage(message, read, called, context)) {
      const previous = prompt.at(-1)
      // The results of one turn stand in one message, as the AI SDK writes them.
      const joins = written.role === 'tool' && previous?.role === 'tool' && sameTurn(last, read)
      if (joins && previous?.role === 'tool')
        previous.content.push(...(written.content as typeof previous.content))
      else prompt.push(written)
    }
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

/** One message, or one for each text of a message with the role `system`. */
function writeMessage(
  message: ChatMessage,
  read: ReadMessage | undefined,
  called: ReadonlyMap<string, string>,
  context: PartContext,
): readonly LanguageModelV4Message[] {
  const { role, content } = message
  const isSame = read !== undefined && sameJson(read.message, message)
  if (isSame && role !== 'tool') return [read.from]
  if (!isSame) leaveHead(message, context)
  const options = providerOptions(message.options)
  if (role === 'system' || role === 'developer') {
    return content.flatMap((part, index) => {
      const at = inContent(context, index)
      return systemTexts(part, at).map((text) => ({
        role: 'system' as const,
        content: text,
        ...withMark(options.providerOptions, part.cacheMark, at),
      }))
    })
  }
  if (role === 'tool') {
    const name = called.get(message.toolCallId ?? '') ?? ''
    const parts = isSame && read.parts !== undefined ? read.parts : writeResult(message, name, context)
    const turn = read?.from.providerOptions
    return [
      {
        role,
        content: [...parts],
        ...(turn === undefined ? {} : { providerOptions: turn }),
      } as LanguageModelV4Message,
    ]
  }
  const parts = content.flatMap((part, place): readonly PromptPart[] => {
    const from = read?.parts?.[place]
    return from !== undefined && sameJson(read?.message.content[place], part)
      ? [from]
      : writePart(part, inContent(context, place))
  })
  return [{ role, content: parts, ...options } as LanguageModelV4Message]
}

/** Tells what the AI SDK has no place for beside the content. */
function leaveHead({ role, name, options }: ChatMessage, { carriage, path }: PartContext): void {
  carriage.options(path, options, [aiSdkVendor])
  if (name !== undefined && role !== 'tool') carriage.approximate(`${path}.name`, 'left out')
}

function systemTexts(part: ChatPart, context: PartContext): readonly string[] {
  const { role, path, carriage } = context
  if (part.type === 'text') {
    carriage.options(path, part.options, [])
    return [part.text]
  }
  if (part.type === 'opaque') leaveOpaque(part, path, carriage)
  else carriage.refuse(path, `${part.type} in a message with the role ${role}`, 'give it in one of the user')
  return []
}
