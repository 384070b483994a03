import type { InferReply } from '../provider/contract.ts'
import { RoomForCopies } from './room-for-copies.ts'

/** A reply in a form that is cheap to keep. Most replies are dropped without being read. */
export type KeptReply =
  | Extract<InferReply, { kind: 'tensors' }>
  | {
      readonly kind: 'latin1'
      readonly contentType: string
      readonly text: string
      readonly headers: Readonly<Record<string, string>> | undefined
    }

export interface KeptBytes {
  readonly reply: KeptReply
  readonly bytes: number
}

const perReply = 200

/**
 * The form in which a reply is kept, and about how many bytes it takes with all that it holds. Undefined when it
 * takes more than `maxBytes`. Tensors are copied, because the caller may change its own.
 *
 * The bytes are kept as a string with one character per byte. A view of the HTTP client's data would keep the
 * client's whole buffer in memory. A copy in its own buffer would cost the garbage collector more than everything
 * else that feedback does for a request.
 */
export function keepReply(reply: InferReply, maxBytes: number): KeptBytes | undefined {
  const room = new RoomForCopies(maxBytes - perReply)
  const kept = reply.kind === 'tensors' ? (room.copy(reply) as KeptReply) : latin1Of(reply, room)
  return room.isFull ? undefined : { reply: kept, bytes: maxBytes - room.leftBytes }
}

function latin1Of(
  { contentType, bytes, headers }: Extract<InferReply, { kind: 'bytes' }>,
  room: RoomForCopies,
): KeptReply {
  room.take(bytes.byteLength)
  room.copy(contentType)
  const copied = room.copy(headers) as typeof headers
  return { kind: 'latin1', contentType, text: room.isFull ? '' : textOf(bytes), headers: copied }
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1')
}

/** The reply in its original form. */
export function restoreReply(kept: KeptReply): InferReply {
  if (kept.kind === 'tensors') return kept
  const { contentType, text, headers } = kept
  const bytes = Buffer.from(text, 'latin1')
  return { kind: 'bytes', contentType, bytes, ...(headers !== undefined && { headers }) }
}
