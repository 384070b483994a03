import type { ChatStreamWriter } from '../../dialects/chat-codec.ts'
import type { ChatEvent } from '../../provider/contract.ts'

/**
 * The pieces of a streamed answer, one for each batch of events. A stream that fails ends with an event that
 * holds the error. It has no end marker, so that a stream which was cut off does not look complete.
 */
export class ChatPieces implements AsyncIterableIterator<string> {
  readonly #events: AsyncIterator<readonly ChatEvent[]>
  readonly #writer: ChatStreamWriter
  readonly #eventOf: (error: unknown) => string
  #isOver = false

  constructor(
    events: AsyncIterable<readonly ChatEvent[]>,
    writer: ChatStreamWriter,
    eventOf: (error: unknown) => string,
  ) {
    this.#events = events[Symbol.asyncIterator]()
    this.#writer = writer
    this.#eventOf = eventOf
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** One promise a piece, besides that of the events. It is called for every token. */
  next(): Promise<IteratorResult<string>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    try {
      return this.#events.next().then(this.#came, this.#failed)
    } catch (error) {
      return Promise.resolve(this.#failed(error))
    }
  }

  async return(): Promise<IteratorResult<string>> {
    this.#isOver = true
    await this.#events.return?.()
    return { done: true, value: undefined }
  }

  readonly #came = (
    step: IteratorResult<readonly ChatEvent[]>,
  ): IteratorResult<string> | Promise<IteratorResult<string>> => {
    try {
      const piece = this.#written(step)
      return piece === '' ? this.#nextWritten() : { done: false, value: piece }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Some events are nothing that the caller sees. */
  async #nextWritten(): Promise<IteratorResult<string>> {
    try {
      while (!this.#isOver) {
        const piece = this.#written(await this.#events.next())
        if (piece !== '') return { done: false, value: piece }
      }
      return { done: true, value: undefined }
    } catch (error) {
      return this.#failed(error)
    }
  }

  #written(step: IteratorResult<readonly ChatEvent[]>): string {
    if (step.done !== true) return this.#writer.write(step.value)
    this.#isOver = true
    return this.#writer.end()
  }

  readonly #failed = (error: unknown): IteratorResult<string> => {
    this.#isOver = true
    return { done: false, value: this.#eventOf(error) }
  }
}
