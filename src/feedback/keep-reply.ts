import type { InferReply } from '../provider/contract.ts'

/** A reply in a form that is cheap to keep. Most replies are dropped without being read. */
export type KeptReply =
  | Extract<InferReply, { kind: 'tensors' }>
  | {
      readonly kind: 'latin1'
      readonly contentType: string
      readonly text: string
      readonly headers: Readonly<Record<string, string>> | undefined
    }

/**
 * The form in which a reply is kept, and about how many bytes it takes. The bytes are kept as a string with
 * one character per byte. A view of the HTTP client's data would keep the client's whole buffer in memory. A
 * copy in its own buffer would cost the garbage collector more than everything else that feedback does for a
 * request.
 */
export function keepReply(reply: InferReply): { readonly reply: KeptReply; readonly bytes: number } {
  if (reply.kind === 'tensors') return { reply, bytes: reply.outputs.reduce(sizeOf, perReply) }
  const { contentType, bytes, headers } = reply
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('latin1')
  return { reply: { kind: 'latin1', contentType, text, headers }, bytes: perReply + bytes.byteLength }
}

/** The reply in its original form. */
export function restoreReply(kept: KeptReply): InferReply {
  if (kept.kind === 'tensors') return kept
  const { contentType, text, headers } = kept
  const bytes = Buffer.from(text, 'latin1')
  return { kind: 'bytes', contentType, bytes, ...(headers !== undefined && { headers }) }
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
