import { plainOutput, type ReplyOutput } from './reply-output.ts'

type Reader = (view: DataView, at: number) => unknown

/** Reads little-endian values, as the binary extension of Open Inference defines them. */
const readers: Readonly<Record<string, readonly [size: number, read: Reader]>> = {
  BOOL: [1, (view, at) => view.getUint8(at) !== 0],
  UINT8: [1, (view, at) => view.getUint8(at)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  UINT32: [4, (view, at) => view.getUint32(at, true)],
  UINT64: [8, (view, at) => view.getBigUint64(at, true)],
  INT8: [1, (view, at) => view.getInt8(at)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  INT64: [8, (view, at) => view.getBigInt64(at, true)],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  FP64: [8, (view, at) => view.getFloat64(at, true)],
}

/**
 * Reads outputs whose data stands after the JSON, in the order of the list. Other outputs have their data in
 * the JSON.
 */
export function binaryOutputs(outputs: readonly unknown[], tail: Uint8Array): readonly ReplyOutput[] {
  const found: ReplyOutput[] = []
  let at = 0
  for (const output of outputs) {
    const { name, datatype, parameters } = (output ?? {}) as {
      name?: unknown
      datatype?: unknown
      parameters?: { binary_data_size?: unknown }
    }
    const size = parameters?.binary_data_size
    if (typeof size !== 'number') {
      found.push(...plainOutput(output))
      continue
    }
    const bytes = tail.subarray(at, at + size)
    at += size
    if (typeof name === 'string') found.push({ name, data: valuesOf(String(datatype), bytes) })
  }
  return found
}

function valuesOf(datatype: string, bytes: Uint8Array): readonly unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (datatype === 'BYTES') return textsOf(bytes, view)
  const reader = Object.hasOwn(readers, datatype) ? readers[datatype] : undefined
  if (reader === undefined) return []
  const [size, read] = reader
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, index) => read(view, index * size))
}

/** Before each text stand four bytes with its length. */
function textsOf(bytes: Uint8Array, view: DataView): readonly string[] {
  const texts: string[] = []
  for (let at = 0; at + 4 <= bytes.byteLength; ) {
    const length = view.getUint32(at, true)
    texts.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return texts
}
