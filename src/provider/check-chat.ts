import { ModelspineError } from '../errors.ts'
import type { Chat, ChatMessage, ChatPart, EmbedRequest } from './contract.ts'

/** The compiler holds both lists against the contract. */
const roles: Readonly<Record<ChatMessage['role'], true>> = {
  system: true,
  developer: true,
  user: true,
  assistant: true,
  tool: true,
}

/** The members of each part that are texts. A part with none has its bytes at a `url` or a `fileId`. */
const texts: {
  readonly [Type in ChatPart['type']]: readonly (string & keyof Extract<ChatPart, { readonly type: Type }>)[]
} = {
  text: ['text'],
  image: [],
  audio: [],
  file: [],
  'tool-call': ['id', 'name', 'arguments'],
  reasoning: ['text'],
  refusal: ['text'],
  opaque: ['vendor', 'kind'],
}

/**
 * Throws `bad-request` for messages that are not those of the contract, such as a content that is a plain text. It names the
 * field, and shows nothing of what was said. A request with a native form was read from a body, by what knows its form.
 */
export function checkChat(chat: Chat): void {
  const { messages, native } = Object(chat) as Chat
  if (native !== undefined) return
  if (!Array.isArray(messages)) {
    throw wrong(
      'messages',
      messages,
      "a list such as [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]",
    )
  }
  messages.forEach((message, place) => {
    const { role, content } = Object(message) as ChatMessage
    if (!Object.hasOwn(roles, role)) {
      throw wrong(`messages[${place}].role`, role, Object.keys(roles).join(', '), true)
    }
    if (!Array.isArray(content)) {
      const right = "a list of parts, such as [{ type: 'text', text: 'Hi' }]"
      throw wrong(`messages[${place}].content`, content, right)
    }
    content.forEach((part, index) => {
      checkPart(part, place, index)
    })
  })
}

/** The same for the inputs of an embedding. */
export function checkEmbed(request: Omit<EmbedRequest, 'model'>): void {
  const { input, native } = Object(request) as EmbedRequest
  if (native === undefined && !Array.isArray(input)) throw wrong('input', input, "a list such as ['Hi']")
}

/** Each request comes here for each part, so that only an error makes the path. */
function checkPart(given: unknown, message: number, index: number): void {
  const part = Object(given) as Readonly<Record<string, unknown>>
  const { type } = part as Pick<ChatPart, 'type'>
  if (!Object.hasOwn(texts, type)) {
    throw wrong(pathOf(message, index, 'type'), type, Object.keys(texts).join(', '), true)
  }
  for (const name of texts[type]) {
    if (typeof part[name] !== 'string') throw wrong(pathOf(message, index, name), part[name], 'a string')
  }
  if (texts[type].length > 0 || typeof (part.url ?? part.fileId) === 'string') return
  // A reply may have no more of an audio than what is said.
  if (type === 'audio' && typeof part.transcript === 'string') return
  const right = `an address, a data: URL, ${type === 'audio' ? 'a fileId or a transcript' : 'or a fileId'}`
  throw wrong(pathOf(message, index, 'url'), part.url, right)
}

function pathOf(message: number, index: number, name: string): string {
  return `messages[${message}].content[${index}].${name}`
}

/** Of what the caller wrote, only a `word` is shown. */
function wrong(field: string, value: unknown, right: string, word = false): ModelspineError {
  const sort = value === undefined ? 'missing' : value === null ? 'null' : `of the type ${typeof value}`
  const is = word && typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : sort
  return new ModelspineError('bad-request', `${field} is ${is}: write ${right}`, { details: { field } })
}
