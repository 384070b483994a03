import { crc32 } from 'node:zlib'

/**
 * One message of AWS's event stream, with an event in JSON. Each character of the result is one byte, because a message is
 * no text: send it as `latin1`.
 */
export function eventFrame(type: string, payload: string): string {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const body = Buffer.from(payload)
  const length = frameLength + headers.length + body.length
  const frame = Buffer.alloc(length)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(headers.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  headers.copy(frame, 12)
  body.copy(frame, 12 + headers.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, length - 4)), length - 4)
  return frame.toString('latin1')
}

/** Lengths and sums around headers and payload. */
const frameLength = 16

/** A header whose value is a text. */
function header(name: string, value: string): Buffer {
  const text = Buffer.from(value)
  const bytes = Buffer.alloc(4 + name.length)
  bytes.writeUInt8(name.length, 0)
  bytes.write(name, 1, 'latin1')
  bytes.writeUInt8(7, 1 + name.length)
  bytes.writeUInt16BE(text.length, 2 + name.length)
  return Buffer.concat([bytes, text])
}
