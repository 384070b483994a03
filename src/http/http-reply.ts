import { ModelspineError, messageOf } from '../errors.ts'
import type { HttpHeaders } from './dispatcher.ts'

/** A whole answer, with any status. */
export class HttpReply {
  readonly status: number
  readonly headers: HttpHeaders
  readonly bytes: Uint8Array
  /**
   * Whether the end of the body can be told from a broken connection. When it is false, the body may have been cut
   * off: `json` and `wholeBytes` see whether it was.
   */
  readonly delimited: boolean

  constructor(
    status: number,
    headers: HttpHeaders,
    bytes: Uint8Array,
    delimited: boolean = bytes.byteLength === 0 || isDelimited(headers),
  ) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
    this.delimited = delimited
  }

  header(name: string): string | undefined {
    return headerOf(this.headers, name)
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  }

  /**
   * The body, for those who pass it on unread. Throws `interrupted` when it may have been cut off: only the end of
   * the connection ended it, and it is no JSON document.
   */
  wholeBytes(): Uint8Array {
    if (!this.delimited) this.json()
    return this.bytes
  }

  /**
   * The body as JSON. Throws `malformed-reply` when the body is not JSON, and `interrupted` when that may be so because
   * it was cut off.
   */
  json(): unknown {
    try {
      const value: unknown = JSON.parse(this.text())
      // A beginning of a number is a number, too.
      if (!this.delimited && typeof value !== 'object') throw new TypeError('it may have been cut off')
      return value
    } catch (error) {
      if (!this.delimited) throw this.cutOff()
      throw new ModelspineError('malformed-reply', `the reply is not JSON: ${messageOf(error)}`, {
        details: { status: this.status, bytes: this.bytes.byteLength },
      })
    }
  }

  private cutOff(): ModelspineError {
    const message =
      'the connection was closed before the reply was whole, or the server tells no length by which one could know'
    return new ModelspineError('interrupted', message, {
      details: { status: this.status, bytes: this.bytes.byteLength },
    })
  }
}

/**
 * Whether the body ends by its length or by its last chunk. Every other body ends with the connection (RFC 9112, 6.3),
 * so nobody can see that it was cut off.
 */
export function isDelimited(headers: HttpHeaders): boolean {
  const codings = headers['transfer-encoding']
  if (codings === undefined) return headers['content-length'] !== undefined
  return /\bchunked\s*$/i.test(String(codings))
}

/** The value of a header by its lower-case name. If the header came more than once, the first value. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
