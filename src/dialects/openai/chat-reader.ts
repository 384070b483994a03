import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  type ChatRequest,
  nativeEvent,
  originalOf,
} from '../../provider/contract.ts'
import type { ChatStreamEnd, ChatStreamReader, ErrorOf } from '../chat-codec.ts'
import { patchMembers } from '../json-text.ts'
import { holdsError, parseAnswer } from './body-text.ts'
import { type DeltaTemplate, matchTemplate, type ReadChunk, templateOf } from './delta-template.ts'
import { readOpenaiUsage } from './usage.ts'

const endMarker = '[DONE]'

/** Answers may take turns, and reasoning and text follow each other. */
const maxTemplates = 4

/** A stream in which every chunk has another form is parsed chunk by chunk. */
const maxTries = 12

interface Chunk {
  readonly choices: readonly unknown[]
  readonly usage?: unknown
}

/** What differs between streams of OpenAI's dialects. */
export interface StreamForm {
  readonly dialect: string
  /** What the choices of a chunk say. Throws `malformed-reply`. */
  readonly readChoices: (choices: readonly unknown[]) => ChatEventPart[]
}

/** Reads a stream of one of OpenAI's dialects. */
export class OpenaiChatReader implements ChatStreamReader {
  readonly #form: StreamForm
  readonly #errorOf: ErrorOf
  /** Whether the caller asked for usage. If not, usage is taken out of what the caller sees. */
  readonly #usageAsked: boolean
  /** How many choices must finish. */
  readonly #expected: number
  readonly #begun = new Set<number>()
  readonly #finished = new Set<number>()
  #isEmpty = true
  readonly #templates: DeltaTemplate[] = []
  #tries = 0

  constructor(form: StreamForm, request: ChatRequest, errorOf: ErrorOf) {
    this.#form = form
    const options = originalOf(request, form.dialect)?.body.stream_options
    this.#usageAsked = isRecord(options) && options.include_usage === true
    this.#expected = request.choices ?? 1
    this.#errorOf = errorOf
  }

  isEnd(_name: string, data: string): boolean {
    return data === endMarker
  }

  read(name: string, data: string): ChatEvent | undefined {
    const known = name === 'message' ? this.#known(data) : undefined
    if (known !== undefined) return this.#event(known)
    if (data === '') return undefined
    const body = this.#bodyOf(name, data)
    if (body === undefined) return undefined
    this.#isEmpty = false
    const chunk = this.#chunk(body, data)
    this.#learn(data, chunk)
    return this.#event({ ...chunk, parts: chunk.parts.filter((part) => this.#isNews(part)) })
  }

  /** The chunk, if it has the form of one before. */
  #known(data: string): ReadChunk | undefined {
    for (const template of this.#templates) {
      const known = matchTemplate(data, template)
      if (known !== undefined) return known
    }
    return undefined
  }

  #event({ parts, shown }: ReadChunk): ChatEvent {
    return nativeEvent(parts, this.#form.dialect, shown)
  }

  #chunk(body: Chunk, data: string): ReadChunk {
    const parts = this.#form.readChoices(body.choices)
    const hasUsage = isRecord(body.usage)
    if (hasUsage) parts.push({ type: 'usage', usage: readOpenaiUsage(body.usage) })
    if (this.#usageAsked || !('usage' in body)) return { parts, shown: data }
    // Without its usage, the chunk that holds only usage says nothing.
    const isOnlyUsage = hasUsage && body.choices.length === 0
    return { parts, shown: isOnlyUsage ? '' : patchMembers(data, { usage: undefined }) }
  }

  /** Learns the form of this chunk, so that the next ones need no parsing. Gives up where no two are alike. */
  #learn(data: string, chunk: ReadChunk): void {
    if (this.#tries === maxTries) return
    const template = templateOf(data, chunk.parts, (text) => this.#tried(text))
    if (template === undefined) return
    this.#tries += 1
    if (this.#templates.length === maxTemplates) this.#templates.shift()
    this.#templates.push(template)
  }

  /** Undefined for what is no chunk: the text that was sought stood elsewhere in its JSON. */
  #tried(text: string): ReadChunk | undefined {
    try {
      return this.#chunk(JSON.parse(text), text)
    } catch {
      return undefined
    }
  }

  end(how: ChatStreamEnd): readonly ChatEvent[] {
    const isWhole = this.#finished.size >= this.#expected && this.#begun.size === this.#finished.size
    if (isWhole) return []
    if (how !== 'marked' && this.#isEmpty) {
      throw new ModelspineError('malformed-reply', 'the stream ended without any event')
    }
    if (how === 'unsure') {
      throw new ModelspineError(
        'interrupted',
        'the connection was closed before the stream said that it was finished',
      )
    }
    const open = [...this.#begun].filter((choice) => !this.#finished.has(choice))
    if (this.#begun.size === 0) open.push(0)
    // The vendor said nothing more, so there is no text to pass on.
    const parts = open.map((choice) => ({ type: 'finish', choice, finishReason: 'other' }) as const)
    return parts.length === 0 ? [] : [nativeEvent(parts, this.#form.dialect, '')]
  }

  /** Undefined for an event that is not a chunk: a vendor's own event, such as a ping. */
  #bodyOf(name: string, data: string): Chunk | undefined {
    const isNamed = name !== 'message' && name !== 'error'
    if (isNamed && !data.startsWith('{')) return undefined
    const body = parseAnswer(data, 'an event of the stream')
    if (name === 'error' || holdsError(body)) throw this.#errorOf(body)
    if (isRecord(body) && Array.isArray(body.choices)) return body as unknown as Chunk
    if (isNamed) return undefined
    throw new ModelspineError('malformed-reply', 'an event of the stream has no list "choices"')
  }

  /** Also false for a finish that was said before: some vendors repeat it on the chunk with usage. */
  #isNews(part: ChatEventPart): boolean {
    if (part.type === 'usage') return true
    this.#begun.add(part.choice)
    if (part.type !== 'finish') return true
    const isFirst = !this.#finished.has(part.choice)
    this.#finished.add(part.choice)
    return isFirst
  }
}
