import {
  binaryFault,
  type HttpReply,
  inferenceHeader,
  readInferReply,
  type TensorReply,
  tensorReplyOf,
  wrongReplyField,
} from 'modelspine/adapter'

/**
 * The tensors of an answer in the words of Open Inference, in whichever form the server chose. `split` is the length of
 * its JSON, where binary tensors follow. Throws `malformed-reply` and `interrupted`.
 */
export function tensorsOfReply(reply: HttpReply, split: string | undefined): TensorReply {
  if (split === undefined) return readInferReply(reply.json())
  const headers = { [inferenceHeader]: split }
  return tensorReplyOf({ kind: 'bytes', contentType: '', bytes: reply.wholeBytes(), headers })
}

/** The bytes of an answer, to be passed on. Throws `malformed-reply` for binary tensors that are cut, and `interrupted`. */
export function bytesOfReply(reply: HttpReply, split: string | undefined): Uint8Array {
  const bytes = reply.wholeBytes()
  const fault = split === undefined ? undefined : binaryFault(split, bytes, wrongReplyField)
  if (fault !== undefined) throw fault
  return bytes
}
