import { ModelspineError } from 'modelspine/adapter'

export type EventHeader =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte' | 'short' | 'integer'; readonly value: number }
  | { readonly type: 'long'; readonly value: bigint }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  | { readonly type: 'string' | 'uuid'; readonly value: string }
  | { readonly type: 'timestamp'; readonly value: Date }

export type EventHeaders = ReadonlyMap<string, EventHeader>

/** Reads the headers of one message. Throws `malformed-reply` for what is cut or of an unknown type. */
export function readEventHeaders(bytes: Uint8Array): EventHeaders {
  const reader = new HeaderReader(bytes)
  const headers = new Map<string, EventHeader>()
  while (!reader.isAtEnd) {
    const name = reader.text(reader.unsigned(1))
    headers.set(name, readHeader(reader))
  }
  return headers
}

function readHeader(reader: HeaderReader): EventHeader {
  const type = reader.unsigned(1)
  switch (type) {
    case 0:
    case 1:
      return { type: 'boolean', value: type === 0 }
    case 2:
      return { type: 'byte', value: reader.signed(1) }
    case 3:
      return { type: 'short', value: reader.signed(2) }
    case 4:
      return { type: 'integer', value: reader.signed(4) }
    case 5:
      return { type: 'long', value: reader.long() }
    case 6:
      return { type: 'binary', value: reader.take(reader.unsigned(2)) }
    case 7:
      return { type: 'string', value: reader.text(reader.unsigned(2)) }
    case 8:
      return { type: 'timestamp', value: new Date(Number(reader.long())) }
    case 9:
      return { type: 'uuid', value: uuidOf(reader.take(16)) }
    default:
      throw wrong(`a header has the unknown type ${type}`)
  }
}

/** Big-endian numbers and texts, one after the other. */
class HeaderReader {
  private readonly bytes: Buffer
  private at = 0

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.bytes = Buffer.from(buffer, byteOffset, byteLength)
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length
  }

  take(length: number): Buffer {
    const end = this.at + length
    if (end > this.bytes.length) throw wrong('its headers are cut')
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  unsigned(length: number): number {
    return this.take(length).readUIntBE(0, length)
  }

  signed(length: number): number {
    return this.take(length).readIntBE(0, length)
  }

  long(): bigint {
    return this.take(8).readBigInt64BE()
  }

  text(length: number): string {
    return this.take(length).toString('utf8')
  }
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function wrong(why: string): ModelspineError {
  return new ModelspineError('malformed-reply', `a message of the event stream cannot be read: ${why}`)
}
