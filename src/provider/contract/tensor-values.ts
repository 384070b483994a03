/**
 * The values of a tensor as bytes, in the form of Open Inference's binary extension: little-endian, one after the
 * other, without gaps.
 *
 * | datatype | a value is |
 * |---|---|
 * | BOOL | true or false |
 * | UINT8 … INT32, FP16, BF16, FP32, FP64 | a number |
 * | INT64, UINT64 | a number where that is exact, else a bigint |
 * | BYTES | a text where the bytes are UTF-8, else a Uint8Array |
 *
 * So a value is the same whether a server sent it as bytes or as JSON, wherever JSON can say it. Reading is apart from
 * writing, in `tensor-bytes.ts`, because feedback only reads.
 */

import { readBytes } from './byte-strings.ts'
import type { Misfit } from './misfit.ts'
import { bf16, fp16, fromSmallFloat } from './small-floats.ts'

type Read = (view: DataView, at: number) => unknown

/** How many bytes a value has, and how it is read. */
const readers: Readonly<Record<string, readonly [size: number, read: Read]>> = {
  BOOL: [1, (view, at) => view.getUint8(at) !== 0],
  UINT8: [1, (view, at) => view.getUint8(at)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  UINT32: [4, (view, at) => view.getUint32(at, true)],
  UINT64: [8, (view, at) => exact(view.getBigUint64(at, true))],
  INT8: [1, (view, at) => view.getInt8(at)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  INT64: [8, (view, at) => exact(view.getBigInt64(at, true))],
  FP16: [2, (view, at) => fromSmallFloat(view.getUint16(at, true), fp16)],
  BF16: [2, (view, at) => fromSmallFloat(view.getUint16(at, true), bf16)],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  FP64: [8, (view, at) => view.getFloat64(at, true)],
}

function exact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A list that is made with its length is filled four times as fast. V8 makes longer ones as hash tables. */
const mostAtOnce = 2 ** 25

/**
 * The values of these bytes. `count` is how many there must be. Throws what `misfit` makes of a datatype that is not
 * known, and of bytes that are not exactly so many values.
 */
export function tensorValues(
  datatype: string,
  bytes: Uint8Array,
  count: number,
  misfit: Misfit,
): readonly unknown[] {
  if (datatype === 'BYTES') return readBytes(bytes, count, misfit)
  const [size, read] = readerOf(datatype, misfit)
  if (bytes.byteLength !== size * count) {
    throw misfit(bytes.byteLength, `${size * count} bytes, which are ${count} values of ${datatype}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: unknown[] = count <= mostAtOnce ? new Array(count) : []
  for (let place = 0; place < count; place += 1) values[place] = read(view, place * size)
  return values
}

/** How many bytes a value has. Throws what `misfit` makes of a datatype that is not known. BYTES have no size. */
export function sizeOfValue(datatype: string, misfit: Misfit): number {
  return readerOf(datatype, misfit)[0]
}

function readerOf(datatype: string, misfit: Misfit): readonly [size: number, read: Read] {
  const known = Object.hasOwn(readers, datatype) ? readers[datatype] : undefined
  if (known !== undefined) return known
  throw misfit(datatype, `a datatype of ${Object.keys(readers).join(', ')}, BYTES`)
}
