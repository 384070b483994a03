import { describe, expect, it } from 'vitest'
import { tensorBytes } from '../../../../src/provider/contract/tensor-bytes.ts'
import { tensorValues } from '../../../../src/provider/contract/tensor-values.ts'

const misfit = (is: unknown, right: string, at?: number): Error =>
  new RangeError(`${at ?? 'all'}: ${typeof is === 'object' ? 'object' : String(is)}; ${right}`)

const write = (datatype: string, ...values: unknown[]): number[] => [...tensorBytes(datatype, values, misfit)]
const read = (datatype: string, count: number, ...bytes: number[]): readonly unknown[] =>
  tensorValues(datatype, Uint8Array.from([99, ...bytes]).subarray(1), count, misfit)

const ofMemory = (array: { readonly buffer: ArrayBuffer }): number[] => [...new Uint8Array(array.buffer)]

describe('the bytes of a tensor', () => {
  it.each<[string, readonly unknown[], number[]]>([
    ['BOOL', [true, false], [1, 0]],
    ['UINT8', [0, 255], [0, 255]],
    ['UINT16', [1, 65_535], ofMemory(new Uint16Array([1, 65_535]))],
    ['UINT32', [2 ** 32 - 1], [255, 255, 255, 255]],
    ['UINT64', [7, 2n ** 64n - 1n], ofMemory(new BigUint64Array([7n, 2n ** 64n - 1n]))],
    ['INT8', [-128, 127], [128, 127]],
    ['INT16', [-2], [254, 255]],
    ['INT32', [-(2 ** 31)], [0, 0, 0, 128]],
    [
      'INT64',
      [-3, Number.MAX_SAFE_INTEGER, -(2n ** 63n)],
      ofMemory(new BigInt64Array([-3n, 2n ** 53n - 1n, -(2n ** 63n)])),
    ],
    ['FP16', [1, -2, 65_504, 2 ** -24], [0, 60, 0, 192, 255, 123, 1, 0]],
    ['BF16', [1, -2], [128, 63, 0, 192]],
    [
      'FP32',
      [0.5, -0, Number.NaN, Number.POSITIVE_INFINITY],
      ofMemory(new Float32Array([0.5, -0, NaN, Infinity])),
    ],
    ['FP64', [0.1, Number.NEGATIVE_INFINITY], ofMemory(new Float64Array([0.1, -Infinity]))],
    ['BYTES', ['cat', '', 'ü'], [3, 0, 0, 0, 99, 97, 116, 0, 0, 0, 0, 2, 0, 0, 0, 195, 188]],
    ['BYTES', [Uint8Array.of(255, 216)], [2, 0, 0, 0, 255, 216]],
    ['FP32', [], []],
    ['BYTES', [], []],
  ])('of %s are little-endian, wherever they begin', (datatype, values, bytes) => {
    expect(write(datatype, ...values)).toEqual(bytes)
    expect(read(datatype, values.length, ...bytes)).toEqual(values)
  })

  it('keep a byte-order mark that begins a text', () => {
    expect(read('BYTES', 1, ...write('BYTES', '\uFEFFa'))).toEqual(['\uFEFFa'])
  })

  it.each<[string, unknown, string]>([
    ['BOOL', 2, '1: 2; true or false'],
    ['BOOL', 'true', '1: true; true or false'],
    ['UINT8', 256, '1: 256; a whole number from 0 to 255'],
    ['UINT8', -1, '1: -1; a whole number from 0 to 255'],
    ['INT32', 0.5, '1: 0.5; a whole number from -2147483648 to 2147483647'],
    ['INT32', 1n, '1: 1; a whole number from'],
    ['INT64', 2n ** 63n, '1: 9223372036854775808; a whole number from -9223372036854775808 to'],
    ['INT64', Number.NaN, '1: NaN; a whole number from'],
    ['UINT64', -1, '1: -1; a whole number from 0 to'],
    ['FP16', 65_520, '1: 65520; a number of at most 65504'],
    ['BF16', 3.4e38, '1: 3.4e+38; a number of at most 3.38'],
    ['FP32', 1e39, '1: 1e+39; a number that FP32 holds'],
    ['FP64', '1', '1: 1; a number'],
    ['FP64', null, '1: object; a number'],
    ['BYTES', 1, '1: 1; a text or a Uint8Array'],
    ['BYTES', 'half \ud83d', '1: half'],
  ])('of %s are not made of %s', (datatype, value, message) => {
    const right = datatype === 'BYTES' ? 'fits' : 1
    expect(() => write(datatype, right, value, right)).toThrow(message)
  })

  it.each(['FP8', 'constructor', ''])('are unknown of the datatype "%s"', (datatype) => {
    expect(() => write(datatype, 1)).toThrow(`all: ${datatype}; a datatype of BOOL,`)
    expect(() => read(datatype, 1, 1)).toThrow(`all: ${datatype}; a datatype of BOOL,`)
  })

  it.each<[string, number, number[], string]>([
    ['FP32', 2, [1, 2, 3, 4], 'all: 4; 8 bytes, which are 2 values of FP32'],
    ['FP32', 1, [1, 2, 3], 'all: 3; 4 bytes'],
    ['INT8', 0, [1], 'all: 1; 0 bytes'],
    ['BYTES', 1, [], 'all: 0; 1 values of BYTES'],
    ['BYTES', 1, [0, 0, 0, 0, 0, 0, 0, 0], 'all: 2; 1 values of BYTES'],
    ['BYTES', 1, [0, 0, 0], 'all: 3; bytes that do not end within value 0'],
    ['BYTES', 2, [1, 0, 0, 0, 65, 2, 0, 0, 0, 65], 'all: 10; bytes that do not end within value 1'],
    ['BYTES', 1, [255, 255, 255, 255], 'all: 4; bytes that do not end within value 0'],
  ])('of %s are refused when they are not %i values: %j', (datatype, count, bytes, message) => {
    expect(() => read(datatype, count, ...bytes)).toThrow(message)
  })
})

/** Values around every number that 16 bits can be, so that each rounding is met. */
function around(values: readonly number[]): number[] {
  return values.flatMap((value, place) => {
    const next = values[place + 1] ?? value
    const middle = (value + next) / 2
    const nudge = Math.abs(next - value) / 1000
    return [value, middle, middle - nudge, middle + nudge]
  })
}

function everyValue(datatype: string): number[] {
  const bytes = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)
  return tensorValues(datatype, new Uint8Array(bytes.buffer), 2 ** 16, misfit) as number[]
}

/** The places where two lists differ. A matcher would take seconds for so many values. */
function differing(left: readonly number[], right: readonly number[]): number[] {
  if (left.length !== right.length) return [Math.min(left.length, right.length)]
  return left.flatMap((value, place) => (Object.is(value, right[place]) ? [] : [place]))
}

describe('numbers of 16 bits', () => {
  it('of FP16 are those of the runtime', () => {
    const all = everyValue('FP16')
    const theirs = new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer)
    expect(differing(all, [...theirs])).toEqual([])
    const values = around(all.filter((value) => Number.isFinite(value))).filter(
      (value) => Math.abs(value) < 65_520,
    )
    const ours = tensorBytes('FP16', values, misfit)
    expect(differing([...ours], ofMemory(Float16Array.from(values)))).toEqual([])
  })

  it('of BF16 are the upper halves of FP32, rounded to the even one', () => {
    const all = everyValue('BF16')
    const view = new DataView(new ArrayBuffer(4))
    const upper = (bits: number): number => {
      view.setUint32(0, bits * 2 ** 16)
      return view.getFloat32(0)
    }
    expect(
      differing(
        all,
        Array.from({ length: 2 ** 16 }, (_, bits) => upper(bits)),
      ),
    ).toEqual([])
    const nearest = (value: number): number => {
      view.setFloat32(0, value)
      const bits = view.getUint32(0)
      return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
    }
    const largest = upper(0x7f7f)
    const values = around(all.filter((value) => Number.isFinite(value)))
      // Those that FP32 holds, so that rounding to it first is no rounding.
      .filter((value) => Math.fround(value) === value && Math.abs(value) <= largest)
    const ours = tensorBytes('BF16', values, misfit)
    expect(differing([...ours], ofMemory(Uint16Array.from(values, nearest)))).toEqual([])
  })
})
