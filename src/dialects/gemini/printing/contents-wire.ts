import type { JsonRecord } from '../../../json.ts'
import type { ChatMessage } from '../../../provider/contract.ts'
import { at, type GeminiContext, ownOptions } from './gemini-printing.ts'
import { wirePart } from './part-wire.ts'
import { wireToolResult } from './tool-result-wire.ts'

interface Content {
  readonly role: 'user' | 'model'
  /** Whether it answers functions. All answers to calls of one turn have to stand in one content. */
  readonly answers: boolean
  readonly options: JsonRecord | undefined
  readonly parts: JsonRecord[]
  /** Whether all that the user says was refused. A list of refusals has its place all the same. */
  readonly isRefused: boolean
}

/** A message with its place in the request. */
export type NumberedMessage = readonly [place: number, message: ChatMessage]

/** Entries of `contents`. Neighbours of the model, and neighbours that answer functions, become one. */
export function wireContents(
  messages: readonly NumberedMessage[],
  context: GeminiContext,
): readonly JsonRecord[] {
  const contents: Content[] = []
  for (const [place, message] of messages) {
    if (isSystem(message)) continue
    const inside = at(context, `messages[${place}]`)
    const parts = wireMessage(message, inside)
    const answers = message.role === 'tool'
    const role = message.role === 'assistant' ? 'model' : 'user'
    const last = contents.at(-1)
    if (
      last !== undefined &&
      last.role === role &&
      last.answers === answers &&
      (answers || role === 'model')
    ) {
      last.parts.push(...parts)
    } else {
      // The options of an answer stand in its part.
      contents.push({
        role,
        answers,
        options: answers ? undefined : ownOptions(message, inside),
        parts: [...parts],
        isRefused:
          parts.length === 0 &&
          role === 'user' &&
          message.content.some(({ type }) => type !== 'opaque' && type !== 'reasoning'),
      })
    }
  }
  return contents
    .filter(({ parts, isRefused }) => parts.length > 0 || isRefused)
    .map(({ role, options, parts }) => ({
      ...options,
      role,
      parts: role === 'model' ? withStandIn(parts, context) : parts,
    }))
}

export function isSystem({ role }: ChatMessage): boolean {
  return role === 'system' || role === 'developer'
}

function wireMessage(message: ChatMessage, context: GeminiContext): readonly JsonRecord[] {
  if (message.role === 'tool') return wireToolResult(message, context)
  tellMessage(message, context)
  return message.content.flatMap((part, place) =>
    wirePart(part, message.role, at(context, `content[${place}]`)),
  )
}

function tellMessage({ name, toolFailed }: ChatMessage, { carriage, path }: GeminiContext): void {
  if (name !== undefined) carriage.approximate(`${path}.name`, 'left out')
  if (toolFailed === true) carriage.approximate(`${path}.toolFailed`, 'left out')
}

/**
 * `systemInstruction`, which has text only. It stands before all contents, so what comes later in the conversation is
 * moved.
 */
export function wireSystem(context: GeminiContext): JsonRecord | undefined {
  const { messages } = context.request
  const parts: JsonRecord[] = []
  let options: JsonRecord | undefined
  let isHead = true
  for (const [place, message] of messages.entries()) {
    isHead &&= isSystem(message)
    if (!isSystem(message)) continue
    const inside = at(context, `messages[${place}]`)
    if (!isHead) context.carriage.approximate(inside.path, 'moved before the first message')
    tellMessage(message, inside)
    options = { ...options, ...ownOptions(message, inside) }
    for (const [index, part] of message.content.entries()) {
      const written = at(inside, `content[${index}]`)
      if (part.type !== 'image' && part.type !== 'audio' && part.type !== 'file') {
        parts.push(...wirePart(part, message.role, written))
        continue
      }
      context.carriage.refuse(
        written.path,
        `${part.type} in a message with the role ${message.role}`,
        'give it in a message of the user',
      )
    }
  }
  return parts.length === 0 ? undefined : { ...options, parts }
}

/**
 * Google's word for a call that none of its models signed:
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const standIn = 'skip_thought_signature_validator'

/** From Gemini 3 on, the first call of a turn needs a signature. Calls of other vendors' models have none. */
function withStandIn(parts: readonly JsonRecord[], { request }: GeminiContext): readonly JsonRecord[] {
  const first = parts.findIndex((part) => 'functionCall' in part)
  if (first === -1 || !checksSignatures(request.model)) return parts
  if (parts[first]?.thoughtSignature !== undefined) return parts
  return parts.map((part, place) => (place === first ? { ...part, thoughtSignature: standIn } : part))
}

/** Models before Gemini 3 do not look at signatures. */
function checksSignatures(model: string): boolean {
  return /(?:^|\/)gemini-(?:[3-9]|[1-9]\d)/.test(model)
}
