import { crc32 } from 'node:zlib'
import type { EventHeader } from '../../../../adapters/shared/aws/event-stream-headers.ts'

export type HeaderList = readonly (readonly [name: string, header: EventHeader])[]

/** One message of `application/vnd.amazon.eventstream`, as a service sends it. */
export function eventBytes(headers: HeaderList, payload: string | Uint8Array): Buffer {
  return framed(
    Buffer.concat(headers.map(([name, header]) => headerBytes(name, header))),
    Buffer.from(payload),
  )
}

/** A message with these bytes as its headers, readable or not, and with the right sums. */
export function framed(headers: Uint8Array, payload: Uint8Array): Buffer {
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(headers.byteLength + payload.byteLength + 16, 0)
  prelude.writeUInt32BE(headers.byteLength, 4)
  const before = Buffer.concat([prelude, sum(prelude), headers, payload])
  return Buffer.concat([before, sum(before)])
}

/** An event with a JSON payload, as Bedrock sends it. */
export function jsonEvent(type: string, payload: unknown): Buffer {
  const headers: HeaderList = [
    [':event-type', { type: 'string', value: type }],
    [':content-type', { type: 'string', value: 'application/json' }],
    [':message-type', { type: 'string', value: 'event' }],
  ]
  return eventBytes(headers, JSON.stringify(payload))
}

/** An exception in the middle of a stream. */
export function exceptionEvent(type: string, message: string): Buffer {
  const headers: HeaderList = [
    [':exception-type', { type: 'string', value: type }],
    [':content-type', { type: 'string', value: 'application/json' }],
    [':message-type', { type: 'string', value: 'exception' }],
  ]
  return eventBytes(headers, JSON.stringify({ message }))
}

/** An error that is none of the service's own exceptions. */
export function errorEvent(code: string, message: string): Buffer {
  const headers: HeaderList = [
    [':error-code', { type: 'string', value: code }],
    [':error-message', { type: 'string', value: message }],
    [':message-type', { type: 'string', value: 'error' }],
  ]
  return eventBytes(headers, '')
}

function headerBytes(name: string, header: EventHeader): Buffer {
  const text = Buffer.from(name)
  return Buffer.concat([Buffer.from([text.length]), text, valueBytes(header)])
}

function valueBytes({ type, value }: EventHeader): Buffer {
  switch (type) {
    case 'boolean':
      return Buffer.from([value ? 0 : 1])
    case 'byte':
      return typed(2, 1, (bytes) => bytes.writeInt8(value, 1))
    case 'short':
      return typed(3, 2, (bytes) => bytes.writeInt16BE(value, 1))
    case 'integer':
      return typed(4, 4, (bytes) => bytes.writeInt32BE(value, 1))
    case 'long':
      return typed(5, 8, (bytes) => bytes.writeBigInt64BE(value, 1))
    case 'binary':
      return Buffer.concat([sized(6, value.byteLength), value])
    case 'string':
      return Buffer.concat([sized(7, Buffer.byteLength(value)), Buffer.from(value)])
    case 'timestamp':
      return typed(8, 8, (bytes) => bytes.writeBigInt64BE(BigInt(value.getTime()), 1))
    case 'uuid':
      return Buffer.concat([Buffer.from([9]), Buffer.from(value.replaceAll('-', ''), 'hex')])
  }
}

function typed(tag: number, length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(1 + length)
  bytes.writeUInt8(tag)
  write(bytes)
  return bytes
}

function sized(tag: number, length: number): Buffer {
  return typed(tag, 2, (bytes) => bytes.writeUInt16BE(length, 1))
}

function sum(bytes: Uint8Array): Buffer {
  const four = Buffer.alloc(4)
  four.writeUInt32BE(crc32(bytes))
  return four
}
