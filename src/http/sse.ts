/**
 * Parses server-sent events as the HTML standard says (9.2.6). A chunk may end anywhere, even inside a line.
 */

import { ModelspineError } from '../errors.ts'

export interface SseEvent {
  /** The event's name, or `message` if the event has no name. */
  readonly event: string
  /** The lines of `data`, joined by line feeds. */
  readonly data: string
  /** The last id that the stream has sent so far. Empty at first. */
  readonly id: string
}

export interface SseOptions {
  /** The largest length of one event with all its lines, in characters. Default 4 Mi. */
  readonly maxEventLength?: number
}

const lineFeed = 10
/** Bytes below this are a character of their own in UTF-8. */
const firstOfMany = 0x80

export class SseParser {
  private readonly decoder = new TextDecoder()
  private readonly maxLength: number
  /** The beginning of a line that is not complete yet. */
  private partial = ''
  private afterCarriageReturn = false
  private begun = false
  /** Whether the decoder holds the beginning of a character. */
  private inCharacter = false
  private event = ''
  private id = ''
  private data: string | undefined
  private length = 0

  constructor(options: SseOptions = {}) {
    this.maxLength = options.maxEventLength ?? 4 * 1024 * 1024
  }

  /**
   * The events that this chunk completes. Throws `malformed-reply` when an event is longer than
   * `maxEventLength`.
   */
  push(chunk: Uint8Array): SseEvent[] {
    const events: SseEvent[] = []
    const text = this.textOf(chunk)
    // Most streams have no carriage return. Then each line costs one search.
    let carriage = text.indexOf('\r')
    let start = 0
    for (;;) {
      const feed = text.indexOf('\n', start)
      if (carriage >= 0 && carriage < start) carriage = text.indexOf('\r', start)
      const isFeed = carriage < 0 || (feed >= 0 && feed < carriage)
      const at = isFeed ? feed : carriage
      if (at < 0) break
      this.line(this.partial === '' ? text.slice(start, at) : this.partial + text.slice(start, at), events)
      this.partial = ''
      start = at + 1
      if (isFeed) continue
      if (start === text.length) this.afterCarriageReturn = true
      else if (text.charCodeAt(start) === lineFeed) start += 1
    }
    this.partial += text.slice(start)
    this.bound(this.partial.length)
    return events
  }

  private textOf(chunk: Uint8Array): string {
    const text = this.decode(chunk)
    if (!this.afterCarriageReturn || text === '') return text
    this.afterCarriageReturn = false
    return text.charCodeAt(0) === lineFeed ? text.slice(1) : text
  }

  /** Most chunks end between characters. Decoding them at once is several times as fast as a decoder with a memory. */
  private decode(chunk: Uint8Array): string {
    const last = chunk.at(-1)
    if (last === undefined) return ''
    const isWhole = last < firstOfMany
    if (!this.begun || this.inCharacter || !isWhole) {
      this.begun = true
      this.inCharacter = !isWhole
      return this.decoder.decode(chunk, { stream: true })
    }
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8')
  }

  /** The event that was not complete when the stream ended. The standard says that it is to be dropped. */
  unfinished(): SseEvent | undefined {
    const dropped: SseEvent[] = []
    this.line(this.partial + this.decoder.decode(), dropped)
    this.partial = ''
    this.dispatch(dropped)
    return dropped[0]
  }

  private line(line: string, events: SseEvent[]): void {
    if (line === '') {
      this.dispatch(events)
      return
    }
    this.bound(line.length)
    if (line.startsWith('data: ')) {
      this.addData(line.slice(6), line.length)
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
    if (field === 'data') this.addData(value, line.length)
    else if (field === 'event') this.event = value
    else if (field === 'id' && !value.includes('\0')) this.id = value
  }

  private addData(value: string, length: number): void {
    this.data = this.data === undefined ? value : `${this.data}\n${value}`
    this.length += length
  }

  private dispatch(events: SseEvent[]): void {
    if (this.data !== undefined) {
      events.push({ event: this.event === '' ? 'message' : this.event, data: this.data, id: this.id })
    }
    this.event = ''
    this.data = undefined
    this.length = 0
  }

  private bound(more: number): void {
    if (this.length + more <= this.maxLength) return
    throw new ModelspineError(
      'malformed-reply',
      `an event of the stream has more than the ${this.maxLength} characters allowed`,
      { details: { maxEventLength: this.maxLength } },
    )
  }
}
