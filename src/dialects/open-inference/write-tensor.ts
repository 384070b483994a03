import type { JsonRecord } from '../../json.ts'
import { tensorBytes } from '../../provider/contract/tensor-bytes.ts'
import type { Tensor } from '../../provider/contract.ts'
import { misfitAt, sizeParameter, valuesOf, type WrongField } from './binary-tail.ts'

/** A tensor as JSON, its values included. Throws what `wrong` makes of a value that JSON cannot say. */
export function jsonTensor(tensor: Tensor, path: string, wrong: WrongField): JsonRecord {
  checkSayable(tensor.data, `${path}.data`, wrong)
  return { ...tensor }
}

/**
 * A tensor as JSON whose values follow as bytes, which are added to `tail`. Throws what `wrong` makes of a value that
 * its datatype does not hold, and of a shape that says another number of values.
 */
export function binaryTensor(
  tensor: Tensor,
  path: string,
  tail: Uint8Array[],
  wrong: WrongField,
): JsonRecord {
  const { data, ...rest } = tensor
  const expected = valuesOf(tensor.shape)
  if (data.length !== expected) {
    const right = `${expected} values, as the shape [${tensor.shape.join(', ')}] says`
    throw wrong(`${path}.data`, data.length, right)
  }
  const bytes = tensorBytes(tensor.datatype, data, misfitAt(path, wrong, 'data'))
  tail.push(bytes)
  return { ...rest, parameters: { ...tensor.parameters, [sizeParameter]: bytes.byteLength } }
}

const sayable = 'a value that JSON can say, or send the tensor as binary data'

/** `JSON.stringify` would write null, or an object with numbers for names. */
function checkSayable(values: unknown, path: string, wrong: WrongField): void {
  if (!Array.isArray(values)) {
    if (ArrayBuffer.isView(values)) throw wrong(path, values, 'a list of values')
    return
  }
  for (let place = 0; place < values.length; place += 1) {
    const value: unknown = values[place]
    if (typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string') continue
    if (Array.isArray(value)) checkSayable(value, `${path}[${place}]`, wrong)
    else if (typeof value === 'number' || typeof value === 'bigint' || ArrayBuffer.isView(value))
      throw wrong(`${path}[${place}]`, value, sayable)
  }
}
