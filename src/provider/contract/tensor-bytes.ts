import { writeBytes } from './byte-strings.ts'
import type { Misfit } from './misfit.ts'
import { bf16, fp16, largestOf, type SmallFloat, toSmallFloat } from './small-floats.ts'
import { sizeOfValue } from './tensor-values.ts'

interface Writer {
  readonly right: string
  /** Whether the value could be written. */
  write(view: DataView, at: number, value: unknown): boolean
}

const writers: Readonly<Record<string, Writer>> = {
  BOOL: {
    right: 'true or false',
    write(view, at, value) {
      view.setUint8(at, Number(value))
      return typeof value === 'boolean' || value === 0 || value === 1
    },
  },
  UINT8: whole(0, 2 ** 8 - 1, 'setUint8'),
  UINT16: whole(0, 2 ** 16 - 1, 'setUint16'),
  UINT32: whole(0, 2 ** 32 - 1, 'setUint32'),
  UINT64: long(0n, 2n ** 64n - 1n, 'setBigUint64'),
  INT8: whole(-(2 ** 7), 2 ** 7 - 1, 'setInt8'),
  INT16: whole(-(2 ** 15), 2 ** 15 - 1, 'setInt16'),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1, 'setInt32'),
  INT64: long(-(2n ** 63n), 2n ** 63n - 1n, 'setBigInt64'),
  FP16: small(fp16),
  BF16: small(bf16),
  FP32: {
    right: 'a number that FP32 holds',
    write(view, at, value) {
      if (typeof value !== 'number') return false
      view.setFloat32(at, value, true)
      return Number.isFinite(Math.fround(value)) || !Number.isFinite(value)
    },
  },
  FP64: {
    right: 'a number',
    write(view, at, value) {
      if (typeof value === 'number') view.setFloat64(at, value, true)
      return typeof value === 'number'
    },
  },
}

/**
 * The bytes of these values: what `tensorValues` reads. Throws what `misfit` makes of a datatype that is not known, and
 * of the first value that the datatype does not hold.
 */
export function tensorBytes(
  datatype: string,
  values: readonly unknown[],
  misfit: Misfit,
): Uint8Array<ArrayBuffer> {
  if (datatype === 'BYTES') return writeBytes(values, misfit)
  const size = sizeOfValue(datatype, misfit)
  const { write, right } = writers[datatype] as Writer
  const bytes = new Uint8Array(size * values.length)
  const view = new DataView(bytes.buffer)
  for (let place = 0; place < values.length; place += 1) {
    if (!write(view, place * size, values[place])) throw misfit(values[place], right, place)
  }
  return bytes
}

function whole(
  min: number,
  max: number,
  set: `set${'Uint8' | 'Uint16' | 'Uint32' | 'Int8' | 'Int16' | 'Int32'}`,
): Writer {
  return {
    right: `a whole number from ${min} to ${max}`,
    write(view, at, value) {
      if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) return false
      view[set](at, value as number, true)
      return true
    },
  }
}

function long(min: bigint, max: bigint, set: 'setBigInt64' | 'setBigUint64'): Writer {
  return {
    right: `a whole number from ${min} to ${max}`,
    write(view, at, value) {
      if (typeof value !== 'bigint' && !Number.isInteger(value)) return false
      const exact = BigInt(value as number | bigint)
      if (exact < min || exact > max) return false
      view[set](at, exact, true)
      return true
    },
  }
}

function small(form: SmallFloat): Writer {
  return {
    right: `a number of at most ${largestOf(form)}`,
    write(view, at, value) {
      const bits = typeof value === 'number' ? toSmallFloat(value, form) : undefined
      if (bits === undefined) return false
      view.setUint16(at, bits, true)
      return true
    },
  }
}
