import {
  type ChatEvent,
  type ChatStreamEnd,
  type ChatStreamReader,
  type HttpStream,
  ModelspineError,
  SseParser,
} from 'modelspine/adapter'

/**
 * The events of a streamed completion, in one batch for each piece of the answer. A stream without an end
 * marker is finished if the transport ended properly and the answer does not look cut off.
 */
export class ChatEvents implements AsyncIterableIterator<readonly ChatEvent[]> {
  readonly #open: () => Promise<HttpStream>
  readonly #reader: ChatStreamReader
  readonly #parser = new SseParser()
  #stream: HttpStream | undefined
  #chunks: AsyncIterator<Uint8Array> | undefined
  /** Thrown after the events that came before it. */
  #failure: unknown
  #isOver = false

  /** `open` makes the call, when the first batch is asked for. */
  constructor(open: () => Promise<HttpStream>, reader: ChatStreamReader) {
    this.#open = open
    this.#reader = reader
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<readonly ChatEvent[]>> {
    if (this.#failure !== undefined) throw this.#failed(this.#failure)
    const stream = this.#stream ?? (await this.#opened())
    this.#chunks ??= stream.chunks[Symbol.asyncIterator]()
    while (!this.#isOver) {
      const step = await this.#chunks.next()
      const events = step.done === true ? this.#rest(stream) : this.#read(stream, step.value)
      if (events.length > 0) return { done: false, value: events }
      if (this.#failure !== undefined) throw this.#failed(this.#failure)
    }
    return { done: true, value: undefined }
  }

  async #opened(): Promise<HttpStream> {
    const stream = await this.#open()
    this.#stream = stream
    // The reader may have left while the call was made.
    if (this.#isOver) stream.cancel()
    return stream
  }

  async return(): Promise<IteratorResult<readonly ChatEvent[]>> {
    if (!this.#isOver) this.#stream?.cancel()
    this.#isOver = true
    return { done: true, value: undefined }
  }

  #read(stream: HttpStream, chunk: Uint8Array): readonly ChatEvent[] {
    const events: ChatEvent[] = []
    try {
      for (const { event, data } of this.#parser.push(chunk)) {
        if (this.#reader.isEnd(data)) {
          stream.release()
          return this.#finish(events, 'marked')
        }
        const read = this.#reader.read(event, data)
        if (read !== undefined) events.push(read)
      }
    } catch (error) {
      this.#failure = error
    }
    return events
  }

  #rest(stream: HttpStream): readonly ChatEvent[] {
    const rest = this.#parser.unfinished()
    if (rest === undefined) return this.#finish([], stream.delimited ? 'whole' : 'unsure')
    if (this.#reader.isEnd(rest.data)) return this.#finish([], 'marked')
    throw new ModelspineError('interrupted', 'the stream ended in the middle of an event')
  }

  #finish(events: ChatEvent[], how: ChatStreamEnd): readonly ChatEvent[] {
    this.#isOver = true
    events.push(...this.#reader.end(how))
    return events
  }

  #failed(error: unknown): unknown {
    this.#isOver = true
    this.#failure = undefined
    this.#stream?.cancel()
    return error
  }
}
