import type { JsonRecord } from '../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  type FinishReason,
  nativeBody,
  nativeText,
  type Usage,
} from '../../provider/contract.ts'
import type { ChatAnswerFacts, ChatStreamWriter } from '../chat-codec.ts'
import type { PlacedDelta } from './chat-delta.ts'
import { openaiUsage } from './usage.ts'

/** How one of OpenAI's dialects writes chunks. */
export interface ChunkForm {
  readonly dialect: string
  /** The value of a chunk's `object`. */
  readonly object: string
  /**
   * What an entry of `choices` says of this piece. Undefined when the form cannot say it. `isFirst` says that
   * nothing was written before for this choice.
   */
  saying(part: PlacedDelta, isFirst: boolean): JsonRecord | undefined
  /** What an entry of `choices` says at the end. */
  readonly nothing: JsonRecord
  finish(reason: FinishReason): string
}

/**
 * Writes a stream as server-sent events. An event of the same dialect is passed on as it came. Any other event is
 * built, also in the middle of a stream that is passed on. The last chunk has the usage, if the caller asked for it
 * and it was not passed on.
 */
export class OpenaiStreamWriter implements ChatStreamWriter {
  readonly #facts: ChatAnswerFacts
  readonly #form: ChunkForm
  /** The first event that was passed on. It names the answer. */
  #passed: ChatEvent | undefined
  #head: JsonRecord | undefined
  #usage: Usage = {}
  readonly #begun = new Set<number>()

  constructor(facts: ChatAnswerFacts, form: ChunkForm) {
    this.#facts = facts
    this.#form = form
  }

  write(events: readonly ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      const native = nativeText(event, this.#form.dialect)
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
    const last = usage === undefined ? '' : framed({ ...this.#named(), choices: [], usage })
    return `${last}data: [DONE]\n\n`
  }

  #built(part: ChatEventPart): string {
    if (part.type === 'usage') {
      this.#usage = part.usage
      return ''
    }
    const { choice } = part
    if (part.type === 'finish')
      return this.#chunk(choice, this.#form.nothing, this.#form.finish(part.finishReason))
    // A stream that is passed on has begun each of its choices.
    const said = this.#form.saying(part, this.#passed === undefined && !this.#begun.has(choice))
    if (said === undefined) return ''
    this.#begun.add(choice)
    return this.#chunk(choice, said, null)
  }

  #chunk(choice: number, said: JsonRecord, finishReason: string | null): string {
    const choices = [{ index: choice, ...said, logprobs: null, finish_reason: finishReason }]
    return framed({ ...this.#named(), choices, ...(this.#facts.includeUsage ? { usage: null } : {}) })
  }

  #named(): JsonRecord {
    this.#head ??= this.#madeHead()
    return this.#head
  }

  #madeHead(): JsonRecord {
    const { id, model, createdMs } = this.#facts
    const created = Math.floor(createdMs / 1000)
    const passed = this.#passed === undefined ? undefined : nativeBody(this.#passed, this.#form.dialect)
    return {
      id: passed?.id ?? id,
      object: this.#form.object,
      created: passed?.created ?? created,
      model: passed?.model ?? model,
    }
  }
}

function framed(body: JsonRecord): string {
  return `data: ${JSON.stringify(body)}\n\n`
}
