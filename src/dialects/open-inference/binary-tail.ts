import type { Misfit } from '../../provider/contract/misfit.ts'
import { tensorValues } from '../../provider/contract/tensor-values.ts'

/** Makes the error for a field that is wrong: its path, what it is, what would be right. */
export type WrongField = (field: string, is: unknown, right: string) => Error

/** The parameter of a tensor that says how many bytes of the tail are its values. */
export const sizeParameter = 'binary_data_size'

/** What follows the JSON of a body: the values of tensors, one tensor after the other, in the order of the JSON. */
export class BinaryTail {
  readonly #bytes: Uint8Array
  readonly #wrong: WrongField
  #at = 0

  constructor(bytes: Uint8Array, wrong: WrongField) {
    this.#bytes = bytes
    this.#wrong = wrong
  }

  /** The values of the next tensor. `path` is its place in the JSON, and `size` what the JSON says of its bytes. */
  take(path: string, datatype: string, shape: readonly number[], size: unknown): readonly unknown[] {
    const left = this.#bytes.byteLength - this.#at
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > left) {
      const right = `a whole number up to ${left}, the bytes that are left of the body`
      throw this.#wrong(`${path}.parameters.${sizeParameter}`, size, right)
    }
    const bytes = this.#bytes.subarray(this.#at, this.#at + (size as number))
    this.#at += bytes.byteLength
    const misfit = misfitAt(path, this.#wrong, sizeParameter)
    return tensorValues(datatype, bytes, valuesOf(shape), misfit)
  }

  /** Throws when the JSON did not speak of all bytes. */
  end(): void {
    const { byteLength } = this.#bytes
    if (this.#at === byteLength) return
    throw this.#wrong('the length of the binary data', byteLength, `${this.#at} bytes, as the tensors say`)
  }
}

/** How many values a tensor of this shape has. */
export function valuesOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The error for values of a tensor at a place of the JSON. `whole` is the field that says what they are as a whole. */
export function misfitAt(path: string, wrong: WrongField, whole: string): Misfit {
  return (is, right, at) => {
    if (at !== undefined) return wrong(`${path}.data[${at}]`, is, right)
    if (typeof is === 'string') return wrong(`${path}.datatype`, is, right)
    return wrong(whole === sizeParameter ? `${path}.parameters.${whole}` : `${path}.${whole}`, is, right)
  }
}
