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
 * So a value is the same whether a server sent it as bytes or as JSON, wherever JSON can say it.
 */

import { readBytes, writeBytes } from './byte-strings.ts'
import type { Misfit } from './misfit.ts'
import { fromSmallFloat, type SmallFloat, toSmallFloat } from './small-floats.ts'

interface Fixed {
  readonly size: number
  readonly right: string
  read(view: DataView, at: number): unknown
  /** Whether the value could be written. */
  write(view: DataView, at: number, value: unknown): boolean
}

const fixed: Readonly<Record<string, Fixed>> = {
  BOOL: {
    size: 1,
    right: 'true or false',
    read: (view, at) => view.getUint8(at) !== 0,
    write(view, at, value) {
      view.setUint8(at, Number(value))
      return typeof value === 'boolean' || value === 0 || value === 1
    },
  },
  UINT8: whole(1, 0, 2 ** 8 - 1, 'getUint8', 'setUint8'),
  UINT16: whole(2, 0, 2 ** 16 - 1, 'getUint16', 'setUint16'),
  UINT32: whole(4, 0, 2 ** 32 - 1, 'getUint32', 'setUint32'),
  UINT64: long(0n, 2n ** 64n - 1n, 'getBigUint64', 'setBigUint64'),
  INT8: whole(1, -(2 ** 7), 2 ** 7 - 1, 'getInt8', 'setInt8'),
  INT16: whole(2, -(2 ** 15), 2 ** 15 - 1, 'getInt16', 'setInt16'),
  INT32: whole(4, -(2 ** 31), 2 ** 31 - 1, 'getInt32', 'setInt32'),
  INT64: long(-(2n ** 63n), 2n ** 63n - 1n, 'getBigInt64', 'setBigInt64'),
  FP16: small({ fractionBits: 10, exponentBits: 5 }),
  BF16: small({ fractionBits: 7, exponentBits: 8 }),
  FP32: {
    size: 4,
    right: 'a number that FP32 holds',
    read: (view, at) => view.getFloat32(at, true),
    write(view, at, value) {
      if (typeof value !== 'number') return false
      view.setFloat32(at, value, true)
      return Number.isFinite(Math.fround(value)) || !Number.isFinite(value)
    },
  },
  FP64: {
    size: 8,
    right: 'a number',
    read: (view, at) => view.getFloat64(at, true),
    write(view, at, value) {
      if (typeof value === 'number') view.setFloat64(at, value, true)
      return typeof value === 'number'
    },
  },
}

/** The datatypes whose values can be read from bytes, and written. */
export const binaryDatatypes: readonly string[] = [...Object.keys(fixed), 'BYTES']

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
  const { size, read } = fixedOf(datatype, misfit)
  if (bytes.byteLength !== size * count) {
    throw misfit(bytes.byteLength, `${size * count} bytes, which are ${count} values of ${datatype}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: unknown[] = count <= mostAtOnce ? new Array(count) : []
  for (let place = 0; place < count; place += 1) values[place] = read(view, place * size)
  return values
}

/** The bytes of these values. Throws what `misfit` makes of the first value that the datatype does not hold. */
export function tensorBytes(
  datatype: string,
  values: readonly unknown[],
  misfit: Misfit,
): Uint8Array<ArrayBuffer> {
  if (datatype === 'BYTES') return writeBytes(values, misfit)
  const { size, write, right } = fixedOf(datatype, misfit)
  const bytes = new Uint8Array(size * values.length)
  const view = new DataView(bytes.buffer)
  for (let place = 0; place < values.length; place += 1) {
    if (!write(view, place * size, values[place])) throw misfit(values[place], right, place)
  }
  return bytes
}

function fixedOf(datatype: string, misfit: Misfit): Fixed {
  const known = Object.hasOwn(fixed, datatype) ? fixed[datatype] : undefined
  if (known !== undefined) return known
  throw misfit(datatype, `a datatype of ${binaryDatatypes.join(', ')}`)
}

/** A list that is made with its length is filled four times as fast. V8 makes longer ones as hash tables. */
const mostAtOnce = 2 ** 25

type WholeName = 'Uint8' | 'Uint16' | 'Uint32' | 'Int8' | 'Int16' | 'Int32'

function whole(
  size: number,
  min: number,
  max: number,
  get: `get${WholeName}`,
  set: `set${WholeName}`,
): Fixed {
  return {
    size,
    right: `a whole number from ${min} to ${max}`,
    read: (view, at) => view[get](at, true),
    write(view, at, value) {
      if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) return false
      view[set](at, value as number, true)
      return true
    },
  }
}

function long(
  min: bigint,
  max: bigint,
  get: 'getBigInt64' | 'getBigUint64',
  set: 'setBigInt64' | 'setBigUint64',
): Fixed {
  return {
    size: 8,
    right: `a whole number from ${min} to ${max}`,
    read(view, at) {
      const value = view[get](at, true)
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : value
    },
    write(view, at, value) {
      if (typeof value !== 'bigint' && !Number.isInteger(value)) return false
      const exact = BigInt(value as number | bigint)
      if (exact < min || exact > max) return false
      view[set](at, exact, true)
      return true
    },
  }
}

function small(form: SmallFloat): Fixed {
  return {
    size: 2,
    right: `a number of at most ${fromSmallFloat(((2 ** form.exponentBits - 1) << form.fractionBits) - 1, form)}`,
    read: (view, at) => fromSmallFloat(view.getUint16(at, true), form),
    write(view, at, value) {
      if (typeof value !== 'number') return false
      const bits = toSmallFloat(value, form)
      if (bits === undefined) return false
      view.setUint16(at, bits, true)
      return true
    },
  }
}
