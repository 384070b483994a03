import type { InferReply } from '../provider/contract.ts'

/** A reply that can be held on to, and about how many bytes that takes. */
export function keepReply(reply: InferReply): { readonly reply: InferReply; readonly bytes: number } {
  if (reply.kind === 'tensors') return { reply, bytes: reply.outputs.reduce(sizeOf, perReply) }
  const { bytes } = reply
  // A view of a larger buffer, such as what the HTTP client read, would keep all of that buffer. A Buffer's own `slice`
  // is such a view again.
  const own =
    bytes.byteLength === bytes.buffer.byteLength ? reply : { ...reply, bytes: new Uint8Array(bytes) }
  return { reply: own, bytes: perReply + bytes.byteLength }
}

const perReply = 200
const perOutput = 100
const perValue = 8

function sizeOf(sum: number, { datatype, data }: { datatype: string; data: readonly unknown[] }): number {
  let size = sum + perOutput + data.length * perValue
  if (datatype !== 'BYTES') return size
  for (const value of data) if (typeof value === 'string') size += 2 * value.length
  return size
}
