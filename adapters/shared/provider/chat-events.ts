import {
  type ChatEvent,
  type ChatStreamEnd,
  type ChatStreamReader,
  ModelspineError,
  type SseEvent,
} from 'modelspine/adapter'

/** A streamed answer of a vendor, as the HTTP client gives it. */
export interface ChatSource {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Whether the transport tells a whole body from a cut one. */
  readonly delimited: boolean
  /** Ends the call and its connection. */
  cancel(): void
  /** Nothing more is read. The connection may be used again once the body came. */
  release(): void
}

/** One event of a stream: its name, and its text. */
export type ChatFrame = Pick<SseEvent, 'event' | 'data'>

/** Takes the vendor's events out of the bytes. */
export interface ChatFraming {
  /** The events that are complete with this chunk. Throws what breaks them, such as a wrong checksum. */
  push(chunk: Uint8Array): Iterable<ChatFrame>
  /** Call this when nothing more comes. What was begun and may be an event; throws when it cannot be one. */
  unfinished(): ChatFrame | undefined
}

/** A call whose answer has begun. */
export interface OpenChat {
  readonly source: ChatSource
  readonly framing: ChatFraming
  readonly reader: ChatStreamReader
}

/**
 * The events of a streamed chat, in one batch for each piece of the answer. A stream without an end
 * marker is finished if the transport ended properly and the answer does not look cut off.
 */
export class ChatEvents implements AsyncIterableIterator<readonly ChatEvent[]> {
  readonly #open: () => Promise<OpenChat>
  #call: OpenChat | undefined
  #chunks: AsyncIterator<Uint8Array> | undefined
  /** Thrown after the events that came before it. */
  #failure: unknown
  #isOver = false

  /** `open` makes the call, when the first batch is asked for. */
  constructor(open: () => Promise<OpenChat>) {
    this.#open = open
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<readonly ChatEvent[]>> {
    if (this.#failure !== undefined) throw this.#failed(this.#failure)
    const call = this.#call ?? (await this.#opened())
    this.#chunks ??= call.source.chunks[Symbol.asyncIterator]()
    while (!this.#isOver) {
      const step = await this.#chunks.next()
      const events = step.done === true ? this.#rest(call) : this.#read(call, step.value)
      if (events.length > 0) return { done: false, value: events }
      if (this.#failure !== undefined) throw this.#failed(this.#failure)
    }
    return { done: true, value: undefined }
  }

  async #opened(): Promise<OpenChat> {
    const call = await this.#open()
    this.#call = call
    // The reader may have left while the call was made.
    if (this.#isOver) call.source.cancel()
    return call
  }

  async return(): Promise<IteratorResult<readonly ChatEvent[]>> {
    if (!this.#isOver) this.#call?.source.cancel()
    this.#isOver = true
    return { done: true, value: undefined }
  }

  #read({ source, framing, reader }: OpenChat, chunk: Uint8Array): readonly ChatEvent[] {
    const events: ChatEvent[] = []
    try {
      for (const { event, data } of framing.push(chunk)) {
        if (reader.isEnd(event, data)) {
          source.release()
          return this.#finish(reader, events, 'marked')
        }
        const read = reader.read(event, data)
        if (read !== undefined) events.push(read)
      }
    } catch (error) {
      this.#failure = error
    }
    return events
  }

  #rest({ source, framing, reader }: OpenChat): readonly ChatEvent[] {
    const rest = framing.unfinished()
    if (rest === undefined) return this.#finish(reader, [], source.delimited ? 'whole' : 'unsure')
    if (reader.isEnd(rest.event, rest.data)) return this.#finish(reader, [], 'marked')
    throw new ModelspineError('interrupted', 'the stream ended in the middle of an event')
  }

  #finish(reader: ChatStreamReader, events: ChatEvent[], how: ChatStreamEnd): readonly ChatEvent[] {
    this.#isOver = true
    events.push(...reader.end(how))
    return events
  }

  #failed(error: unknown): unknown {
    this.#isOver = true
    this.#failure = undefined
    this.#call?.source.cancel()
    return error
  }
}
