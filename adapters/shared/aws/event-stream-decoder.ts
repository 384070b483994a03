/**
 * Messages of `application/vnd.amazon.eventstream`. Each is
 *
 *     total length (4) · headers' length (4) · CRC of these (4) · headers · payload · CRC of all before (4)
 *
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */

import { crc32 } from 'node:zlib'
import { ModelspineError } from 'modelspine/adapter'
import { type EventHeaders, readEventHeaders } from './event-stream-headers.ts'

export interface EventMessage {
  readonly headers: EventHeaders
  readonly payload: Uint8Array
}

export interface EventStreamOptions {
  /** The largest message, in bytes. Default 24 MiB, as in AWS's own library in C. */
  readonly maxMessageBytes?: number
}

const preludeLength = 12
const frameLength = 16
const largest = 24 * 1024 * 1024

/** A chunk may end anywhere. What is cut or changed never passes as a message. */
export class EventStreamDecoder {
  private readonly maxBytes: number
  private readonly chunks: Buffer[] = []
  private size = 0
  /** Of the message that has begun, once its prelude is there and was checked. */
  private length: number | undefined
  private failure: ModelspineError | undefined

  constructor(options: EventStreamOptions = {}) {
    this.maxBytes = options.maxMessageBytes ?? largest
  }

  /**
   * The messages that this chunk completes, one after the other. Throws `malformed-reply` at the first one that is not
   * as it was sent, and again at each later call, because nobody knows then where the next one begins.
   */
  push(chunk: Uint8Array): Iterable<EventMessage> {
    this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.size += chunk.byteLength
    return this.messages()
  }

  private *messages(): Generator<EventMessage> {
    if (this.failure !== undefined) throw this.failure
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) yield next
    } catch (error) {
      this.failure = error as ModelspineError
      throw error
    }
  }

  /** Call it when the stream has ended. Throws `interrupted` when that was in the middle of a message. */
  end(): void {
    if (this.failure !== undefined) throw this.failure
    if (this.size > 0) throw new ModelspineError('interrupted', 'the event stream ended within a message')
  }

  private next(): EventMessage | undefined {
    if (this.length === undefined) {
      if (this.size < preludeLength) return undefined
      this.length = this.lengthIn(this.whole())
    }
    if (this.size < this.length) return undefined
    const bytes = this.whole()
    const message = bytes.subarray(0, this.length)
    const rest = bytes.subarray(this.length)
    this.chunks.splice(0, this.chunks.length, rest)
    this.size = rest.length
    this.length = undefined
    return messageIn(message)
  }

  private whole(): Buffer {
    const [first = Buffer.alloc(0), ...more] = this.chunks
    if (more.length === 0) return first
    const joined = Buffer.concat(this.chunks, this.size)
    this.chunks.splice(0, this.chunks.length, joined)
    return joined
  }

  private lengthIn(bytes: Buffer): number {
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw changed('its prelude')
    const length = bytes.readUInt32BE(0)
    if (length < frameLength + bytes.readUInt32BE(4)) throw changed('its length')
    if (length > this.maxBytes) {
      throw new ModelspineError(
        'malformed-reply',
        `a message of the event stream has more than the ${this.maxBytes} bytes allowed`,
        { retryable: false, details: { bytes: length, maxMessageBytes: this.maxBytes } },
      )
    }
    return length
  }
}

function messageIn(bytes: Buffer): EventMessage {
  const end = bytes.length - 4
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw changed('its content')
  const headersEnd = preludeLength + bytes.readUInt32BE(4)
  return {
    headers: readEventHeaders(bytes.subarray(preludeLength, headersEnd)),
    payload: bytes.subarray(headersEnd, end),
  }
}

function changed(what: string): ModelspineError {
  return new ModelspineError(
    'malformed-reply',
    `a message of the event stream is not as it was sent: ${what} is wrong`,
  )
}
