import type { ModelspineError } from 'modelspine/adapter'
import type { ChatSource } from '../shared/provider/chat-events.ts'
import type { VendorStream } from '../shared/vendor-client.ts'
import { heldFailure, malformed } from './bedrock-errors.ts'

/** The bytes that are read of an answer that is no stream. */
const mostRead = 64 * 1024

/** A streamed answer. Throws what one JSON document in its place says. */
export async function eventSource(answer: VendorStream): Promise<ChatSource> {
  const type = answer.header('content-type') ?? ''
  if (!/^(application\/json|text\/html)\b/.test(type)) {
    const cancel = (): void => answer.cancel()
    return { chunks: answer.chunks, delimited: answer.delimited, cancel, release: cancel }
  }
  throw await failureIn(answer)
}

async function failureIn(answer: VendorStream): Promise<ModelspineError> {
  const pieces: Uint8Array[] = []
  let read = 0
  for await (const piece of answer.chunks) {
    pieces.push(piece)
    read += piece.byteLength
    if (read > mostRead) break
  }
  const text = Buffer.concat(pieces).toString('utf8')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return malformed('the answer is no stream of events')
  }
  const { __type: name } = (body ?? {}) as { readonly __type?: unknown }
  if (typeof name === 'string') return heldFailure(body, answer.clean)
  return malformed('the answer is one JSON document, but the request asked for a stream')
}
