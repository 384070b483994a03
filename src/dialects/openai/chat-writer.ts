import { isRecord, type JsonRecord } from '../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  nativeBody,
  nativeText,
  type Usage,
} from '../../provider/contract.ts'
import type { ChatAnswerFacts, ChatStreamWriter } from '../chat-codec.ts'
import type { PlacedDelta } from './chat-delta.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish } from './finish.ts'
import { openaiUsage } from './usage.ts'

/**
 * Writes a stream as server-sent events. An event of this dialect is passed on as it came. Any other event is
 * built, also in the middle of a stream that is passed on. The first chunk that is built for a choice has the
 * assistant's role. The last chunk has the usage, if the caller asked for it and it was not passed on.
 */
export class OpenaiChatWriter implements ChatStreamWriter {
  readonly #facts: ChatAnswerFacts
  /** The first event that was passed on. It names the answer. */
  #passed: ChatEvent | undefined
  #envelope: JsonRecord | undefined
  #usage: Usage = {}
  readonly #begun = new Set<number>()
  /** The numbers of a choice's tool calls, by block. */
  readonly #calls = new Map<string, number>()

  constructor(facts: ChatAnswerFacts) {
    this.#facts = facts
  }

  write(events: readonly ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      const native = nativeText(event, openaiChatDialect)
      if (native === undefined) for (const part of event.parts) text += this.#built(part)
      else if (native !== '') {
        this.#passed ??= event
        text += `data: ${native}\n\n`
      }
    }
    return text
  }

  end(): string {
    const usage = this.#facts.includeUsage ? openaiUsage(this.#usage) : undefined
    const last = usage === undefined ? '' : framed({ ...this.#head(), choices: [], usage })
    return `${last}data: [DONE]\n\n`
  }

  #built(part: ChatEventPart): string {
    if (part.type === 'usage') {
      this.#usage = part.usage
      return ''
    }
    const { choice } = part
    if (part.type === 'finish') return this.#chunk(choice, {}, openaiFinish(part.finishReason))
    const delta = this.#delta(part)
    if (delta === undefined) return ''
    // A stream that is passed on has told the role.
    const isFirst = this.#passed === undefined && !this.#begun.has(choice)
    this.#begun.add(choice)
    return this.#chunk(choice, isFirst ? { role: 'assistant', ...delta } : delta, null)
  }

  #delta(part: PlacedDelta): JsonRecord | undefined {
    switch (part.type) {
      case 'text-delta':
        return { content: part.text }
      case 'reasoning-delta':
        return part.text === '' ? undefined : { reasoning_content: part.text }
      case 'refusal-delta':
        return { refusal: part.text }
      case 'audio-delta':
        return { audio: { id: part.fileId, data: part.data, transcript: part.transcript } }
      case 'tool-call-delta':
        return { tool_calls: [this.#call(part)] }
      case 'opaque-delta':
        return undefined
    }
  }

  #call(part: PlacedDelta & { readonly type: 'tool-call-delta' }): JsonRecord {
    const { id, name, custom, arguments: text } = part
    const kind = custom === true ? 'custom' : 'function'
    const called = { name, [custom === true ? 'input' : 'arguments']: text }
    return { index: this.#numberOf(part), ...(id === undefined ? {} : { id, type: kind }), [kind]: called }
  }

  /** Tool calls are numbered from 0 in each choice, whatever other blocks are between them. */
  #numberOf({ choice, block }: PlacedDelta): number {
    const key = `${choice}/${block}`
    const known = this.#calls.get(key)
    if (known !== undefined) return known
    const number = [...this.#calls.keys()].filter((each) => each.startsWith(`${choice}/`)).length
    this.#calls.set(key, number)
    return number
  }

  #chunk(choice: number, delta: JsonRecord, finishReason: string | null): string {
    const choices = [{ index: choice, delta, logprobs: null, finish_reason: finishReason }]
    return framed({ ...this.#head(), choices, ...(this.#facts.includeUsage ? { usage: null } : {}) })
  }

  #head(): JsonRecord {
    this.#envelope ??= this.#madeHead()
    return this.#envelope
  }

  #madeHead(): JsonRecord {
    const { id, model, createdMs } = this.#facts
    const made = { id, object: 'chat.completion.chunk', created: Math.floor(createdMs / 1000), model }
    const passed = this.#passed === undefined ? undefined : nativeBody(this.#passed, openaiChatDialect)
    return isRecord(passed)
      ? {
          ...made,
          id: passed.id ?? id,
          created: passed.created ?? made.created,
          model: passed.model ?? model,
        }
      : made
  }
}

function framed(body: JsonRecord): string {
  return `data: ${JSON.stringify(body)}\n\n`
}
