import { ModelspineError } from '../errors.ts'
import { type Coding, codingOf, decodedChunks, withoutCoding } from './decode.ts'
import type { HttpHeaders, WireController } from './dispatcher.ts'
import { Exchange, type WireCall } from './exchange.ts'
import { HttpReply, headerOf, isDelimited } from './http-reply.ts'

/** When this many bytes are unread, the socket is paused. */
const highWater = 64 * 1024
const releaseMs = 1000

/**
 * An answer whose body is read as it arrives. Read the body to its end or cancel it, because until then the
 * answer occupies its connection.
 */
export interface HttpStream {
  readonly status: number
  readonly headers: HttpHeaders
  header(name: string): string | undefined
  /**
   * Read the chunks once. After a failure, the chunks that came before it are still given, then the iterator
   * throws as the client does. Leaving the loop early cancels the answer.
   */
  readonly chunks: AsyncIterable<Uint8Array>
  /**
   * Whether the end of the body can be told from a broken connection. This is true when the body has a length,
   * is chunked or was compressed. When it is false, a body that was cut off looks whole.
   */
  readonly delimited: boolean
  /** Reads the rest of the body as one reply, up to the client's `maxBodyBytes`. */
  whole(): Promise<HttpReply>
  /** Closes the connection. */
  cancel(): void
  /**
   * For a reader who needs no more of the body. Lets the body end by itself, so that the connection can be
   * used again. Cancels the answer when the rest takes longer than a second or is larger than 64 KiB.
   */
  release(): void
}

/**
 * Passes on the body of an answer chunk by chunk. Pauses the socket when the reader is slower than the
 * server.
 */
export class BodyStream
  extends Exchange
  implements HttpStream, AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array>
{
  status = 0
  headers: HttpHeaders = {}
  private readonly queue: Uint8Array[] = []
  private queued = 0
  private paused = false
  private releasing: NodeJS.Timeout | undefined
  private failure: Error | undefined
  private waiting:
    | { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void }
    | undefined
  private coding: Coding | undefined
  private started: { resolve(stream: HttpStream): void; reject(error: Error): void } | undefined

  constructor(call: WireCall, resolve: (stream: HttpStream) => void, reject: (error: Error) => void) {
    super(call)
    this.started = { resolve, reject }
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this.coding === undefined ? this : decodedChunks(this, this.coding)
  }

  get delimited(): boolean {
    return this.coding !== undefined || isDelimited(this.headers)
  }

  header(name: string): string | undefined {
    return headerOf(this.headers, name)
  }

  onResponseStart(_controller: WireController, status: number, headers: HttpHeaders): void {
    if (status < 200 || this.isOver) return
    this.phase = 'answering'
    this.status = status
    try {
      this.coding = codingOf(headers)
    } catch (error) {
      this.end(error as ModelspineError)
      return
    }
    this.headers = this.coding === undefined ? headers : withoutCoding(headers)
    this.started?.resolve(this)
    this.started = undefined
  }

  onResponseData(controller: WireController, chunk: Uint8Array): void {
    if (this.isOver) return
    if (this.releasing !== undefined) {
      this.queued += chunk.byteLength
      if (this.queued >= highWater) this.cancel()
      return
    }
    if (this.waiting !== undefined) {
      this.waiting.resolve({ done: false, value: chunk })
      this.waiting = undefined
      return
    }
    this.queue.push(chunk)
    this.queued += chunk.byteLength
    if (this.queued >= highWater && !this.paused) {
      this.paused = true
      controller.pause()
    }
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.queue.shift()
    if (chunk !== undefined) {
      this.queued -= chunk.byteLength
      if (this.paused && this.queued < highWater) {
        this.paused = false
        if (!this.isOver) this.controller?.resume()
      }
      return Promise.resolve({ done: false, value: chunk })
    }
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (this.isOver) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (this.releasing === undefined) this.cancel()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  cancel(): void {
    this.queue.length = 0
    this.end(new ModelspineError('aborted', `${this.wire.method} ${this.call().url}: the reader stopped`))
  }

  release(): void {
    if (this.isOver || this.releasing !== undefined) return
    this.queue.length = 0
    this.queued = 0
    this.releasing = setTimeout(() => this.cancel(), releaseMs)
    this.releasing.unref()
    if (this.paused) this.controller?.resume()
  }

  async whole(): Promise<HttpReply> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.chunks) {
      size += chunk.byteLength
      if (size > this.maxBytes) {
        throw new ModelspineError(
          'malformed-reply',
          `the reply has more than the ${this.maxBytes} bytes allowed`,
          {
            details: { phase: this.phase, maxBodyBytes: this.maxBytes },
            retryable: false,
          },
        )
      }
      chunks.push(chunk)
    }
    return new HttpReply(this.status, this.headers, Buffer.concat(chunks, size), this.delimited)
  }

  protected settle(error: Error | undefined): void {
    clearTimeout(this.releasing)
    if (this.abortSignal?.aborted) this.queue.length = 0
    this.failure = error
    this.started?.reject(error ?? new Error('ended before it started'))
    this.started = undefined
    if (error === undefined) this.waiting?.resolve({ done: true, value: undefined })
    else this.waiting?.reject(error)
    this.waiting = undefined
  }
}
