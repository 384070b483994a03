import type { ChatStreamWriter } from '../../dialects/chat-codec.ts'
import type { ChatEvent } from '../../provider/contract.ts'
import { openaiErrorBody } from '../openai-errors.ts'
import type { ErrorFacts } from '../surface.ts'

/**
 * The pieces of a streamed answer, one for each batch of events. A stream that fails ends with an event that
 * holds the error. It has no end marker, so that a stream which was cut off does not look complete.
 */
export class ChatPieces implements AsyncIterableIterator<string> {
  readonly #events: AsyncIterator<readonly ChatEvent[]>
  readonly #writer: ChatStreamWriter
  readonly #factsOf: (error: unknown) => ErrorFacts
  #isOver = false

  constructor(
    events: AsyncIterable<readonly ChatEvent[]>,
    writer: ChatStreamWriter,
    factsOf: (error: unknown) => ErrorFacts,
  ) {
    this.#events = events[Symbol.asyncIterator]()
    this.#writer = writer
    this.#factsOf = factsOf
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<string>> {
    while (!this.#isOver) {
      const piece = await this.#piece()
      if (piece !== '') return { done: false, value: piece }
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<string>> {
    this.#isOver = true
    await this.#events.return?.()
    return { done: true, value: undefined }
  }

  async #piece(): Promise<string> {
    try {
      const step = await this.#events.next()
      if (step.done !== true) return this.#writer.write(step.value)
      this.#isOver = true
      return this.#writer.end()
    } catch (error) {
      this.#isOver = true
      return `data: ${openaiErrorBody(this.#factsOf(error))}\n\n`
    }
  }
}
