import { ModelspineError, messageOf } from '../errors.ts'
import type { HttpHeaders } from './dispatcher.ts'

/** A whole answer, whatever its status. */
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

  /** Throws `malformed-reply` for anything but JSON. */
  json(): unknown {
    try {
      return JSON.parse(this.text())
    } catch (error) {
      throw new ModelspineError('malformed-reply', `the reply is no JSON: ${messageOf(error)}`, {
        details: { status: this.status, bytes: this.bytes.byteLength },
      })
    }
  }
}

/** A header's value by its lower-case name, the first when it came more than once. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
