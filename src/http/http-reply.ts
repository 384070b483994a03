import { ModelspineError, messageOf } from '../errors.ts'
import type { HttpHeaders } from './dispatcher.ts'

/** A whole answer, with any status. */
export class HttpReply {
  readonly status: number
  readonly headers: HttpHeaders
  readonly bytes: Uint8Array

  constructor(status: number, headers: HttpHeaders, bytes: Uint8Array) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
  }

  header(name: string): string | undefined {
    return headerOf(this.headers, name)
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  }

  /** The body as JSON. Throws `malformed-reply` when the body is not JSON. */
  json(): unknown {
    try {
      return JSON.parse(this.text())
    } catch (error) {
      throw new ModelspineError('malformed-reply', `the reply is not JSON: ${messageOf(error)}`, {
        details: { status: this.status, bytes: this.bytes.byteLength },
      })
    }
  }
}

/** The value of a header by its lower-case name. If the header came more than once, the first value. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
