import { tensorValues } from '../provider/contract/tensor-values.ts'
import { plainOutput, type ReplyOutput } from './reply-output.ts'

/**
 * Reads outputs whose data stands after the JSON, in the order of the list. Other outputs have their data in
 * the JSON. An output whose bytes are not what its datatype and its shape say has no values.
 */
export function binaryOutputs(outputs: readonly unknown[], tail: Uint8Array): readonly ReplyOutput[] {
  const found: ReplyOutput[] = []
  let at = 0
  for (const output of outputs) {
    const { name, datatype, shape, parameters } = (output ?? {}) as {
      name?: unknown
      datatype?: unknown
      shape?: unknown
      parameters?: { binary_data_size?: unknown }
    }
    const size = parameters?.binary_data_size
    if (typeof size !== 'number') {
      found.push(...plainOutput(output))
      continue
    }
    const bytes = tail.subarray(at, at + size)
    at += size
    if (typeof name === 'string') found.push({ name, data: valuesOf(String(datatype), shape, bytes) })
  }
  return found
}

function valuesOf(datatype: string, shape: unknown, bytes: Uint8Array): readonly unknown[] {
  if (!Array.isArray(shape)) return []
  const count = shape.reduce((product: number, size: unknown) => product * Number(size), 1)
  try {
    return tensorValues(datatype, bytes, count, misfit)
  } catch {
    return []
  }
}

function misfit(_is: unknown, right: string): Error {
  return new RangeError(right)
}
