import { ModelspineError } from '../errors.ts'
import { codingOf, decoded, withoutCoding } from './decode.ts'
import type { HttpHeaders, WireController } from './dispatcher.ts'
import { Exchange, type WireCall } from './exchange.ts'
import { HttpReply, headerOf } from './http-reply.ts'

const nothing = new Uint8Array(0)

/** Reads a whole answer into one buffer, up to `maxBytes`. */
export class WholeBody extends Exchange {
  private status = 0
  private headers: HttpHeaders = {}
  private chunks: Uint8Array[] | undefined
  private only: Uint8Array = nothing
  private size = 0
  private readonly resolve: (reply: HttpReply) => void
  private readonly reject: (error: Error) => void

  constructor(call: WireCall, resolve: (reply: HttpReply) => void, reject: (error: Error) => void) {
    super(call)
    this.resolve = resolve
    this.reject = reject
  }

  onResponseStart(_controller: WireController, status: number, headers: HttpHeaders): void {
    if (status < 200 || this.isOver) return
    this.phase = 'answering'
    this.status = status
    this.headers = headers
    const announced = Number(headerOf(headers, 'content-length'))
    if (announced > this.maxBytes && this.wire.method !== 'HEAD') this.refuse(announced)
  }

  onResponseData(_controller: WireController, chunk: Uint8Array): void {
    if (this.isOver) return
    this.size += chunk.byteLength
    if (this.size > this.maxBytes) this.refuse(this.size)
    else if (this.size === chunk.byteLength) this.only = chunk
    else if (this.chunks === undefined) this.chunks = [this.only, chunk]
    else this.chunks.push(chunk)
  }

  protected settle(error: Error | undefined): void {
    if (error !== undefined) {
      this.reject(error)
      return
    }
    const { status, headers, size } = this
    const bytes = this.chunks === undefined ? this.only : Buffer.concat(this.chunks, size)
    if (size === 0 || headers['content-encoding'] === undefined) {
      this.resolve(new HttpReply(status, headers, bytes))
    } else this.decode(bytes).then(this.resolve, this.reject)
  }

  private async decode(bytes: Uint8Array): Promise<HttpReply> {
    const { status, headers, maxBytes } = this
    const coding = codingOf(headers)
    if (coding === undefined) return new HttpReply(status, headers, bytes)
    return new HttpReply(status, withoutCoding(headers), await decoded(bytes, coding, maxBytes), true)
  }

  private refuse(size: number): void {
    const { method, url, phase } = this.call()
    const message = `${method} ${url}: the reply has at least ${size} bytes, more than the ${this.maxBytes} allowed`
    this.end(
      new ModelspineError('malformed-reply', message, {
        details: { phase, bytes: size, maxBodyBytes: this.maxBytes },
        retryable: false,
      }),
    )
  }
}
