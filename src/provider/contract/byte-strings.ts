import type { Misfit } from './misfit.ts'

/** Before each value of BYTES stand so many bytes with its length. */
const lengthSize = 4

// Without `ignoreBOM`, a text that begins with a byte-order mark would lose it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The values of BYTES: texts where they are UTF-8, else bytes of their own. */
export function readBytes(bytes: Uint8Array, count: number, misfit: Misfit): readonly unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: unknown[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const left = bytes.byteLength - at - lengthSize
    const length = left < 0 ? undefined : view.getUint32(at, true)
    if (length === undefined || length > left) {
      throw misfit(bytes.byteLength, `bytes that do not end within value ${values.length}`)
    }
    values.push(textOrBytes(bytes.subarray(at + lengthSize, at + lengthSize + length)))
    at += lengthSize + length
  }
  if (values.length !== count) throw misfit(values.length, `${count} values of BYTES`)
  return values
}

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return decoder.decode(bytes)
  } catch {
    // `slice` of a Buffer would be a view of the whole body.
    return new Uint8Array(bytes)
  }
}

export function writeBytes(values: readonly unknown[], misfit: Misfit): Uint8Array<ArrayBuffer> {
  const parts = values.map((value, place) => {
    if (value instanceof Uint8Array) return value
    if (typeof value === 'string' && value.isWellFormed()) return Buffer.from(value)
    throw misfit(value, 'a text or a Uint8Array', place)
  })
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + lengthSize + length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    bytes.set(part, at + lengthSize)
    at += lengthSize + part.length
  }
  return bytes
}
