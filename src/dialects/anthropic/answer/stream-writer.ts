import type { JsonRecord } from '../../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  nativeBody,
  nativeText,
  type Usage,
} from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ChatStreamWriter } from '../../chat-codec.ts'
import { patchMembers } from '../../json-text.ts'
import { anthropicDialect } from '../vendor.ts'
import { AnswerBlocks } from './answer-blocks.ts'
import { frame } from './frame.ts'
import { messageHead } from './reply.ts'
import { type Finish, writeStop } from './stop-reason.ts'
import { writeDeltaUsage, writeUsage } from './usage.ts'

/**
 * Writes a stream of messages. An event of the same dialect is passed on as it came. Any other event is built, also in the
 * middle of a stream that is passed on. What is known of the end is written last, because other vendors tell the usage
 * after it. The format has one answer, so only the first choice is told.
 */
export class AnthropicStreamWriter implements ChatStreamWriter {
  readonly #facts: ChatAnswerFacts
  readonly #blocks: AnswerBlocks
  #hasBegun = false
  /** The vendor's own `message_delta` was passed on. */
  #hasEnded = false
  #isStopped = false
  #finish: Finish | undefined
  #usage: Usage = {}

  constructor(facts: ChatAnswerFacts) {
    this.#facts = facts
    this.#blocks = new AnswerBlocks(facts.id)
  }

  write(events: readonly ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      const native = nativeText(event, anthropicDialect)
      if (native === undefined) text += this.#built(event.parts)
      else if (native !== '') text += this.#passed(event, native)
    }
    return text
  }

  end(): string {
    const ending = this.#hasEnded ? '' : this.#ending()
    return this.#isStopped ? ending : ending + frame({ type: 'message_stop' })
  }

  #ending(): string {
    const begun = this.#begun() + this.#blocks.closeAll()
    if (this.#finish === undefined) return begun
    const delta = {
      ...writeStop(this.#finish, this.#blocks.hasCalls),
      stop_details: null,
      container: null,
    }
    return begun + frame({ type: 'message_delta', delta, usage: writeDeltaUsage(this.#usage) })
  }

  #begun(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const { id, model } = this.#facts
    return frame({
      type: 'message_start',
      message: { ...messageHead(id, model), usage: writeUsage(this.#usage) },
    })
  }

  #passed(event: ChatEvent, text: string): string {
    const body = nativeBody(event, anthropicDialect) ?? {}
    const type = String(body.type)
    if (type === 'message_start') this.#hasBegun = true
    if (type === 'message_delta') this.#hasEnded = true
    if (type === 'message_stop') this.#isStopped = true
    const begun = this.#begun()
    if (typeof body.index !== 'number') return `${begun}event: ${type}\ndata: ${text}\n\n`
    const index = this.#placed(body, body.index)
    if (index === undefined) return begun + this.#built(event.parts)
    const said = index === body.index ? text : patchMembers(text, { index: String(index) })
    return `${begun}event: ${type}\ndata: ${said}\n\n`
  }

  /** The number under which the caller knows the vendor's block. Undefined for one that it does not know. */
  #placed(body: JsonRecord, block: number): number | undefined {
    if (body.type === 'content_block_start') return this.#blocks.opened(block, body.content_block)
    return body.type === 'content_block_stop' ? this.#blocks.closed(block) : this.#blocks.indexOf(block)
  }

  #built(parts: readonly ChatEventPart[]): string {
    let text = ''
    for (const part of parts) {
      if (part.type === 'usage') this.#usage = part.usage
      else if (part.choice !== 0) continue
      else if (part.type === 'finish') this.#finish = part
      else text += this.#begun() + this.#blocks.write(part)
    }
    return text
  }
}
