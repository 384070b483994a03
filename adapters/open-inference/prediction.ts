import {
  binaryFault,
  edgeText,
  type HttpReply,
  type InferReply,
  inferenceHeader,
  isObjectBody,
  ModelspineError,
  readInferReply,
  type TensorReply,
  tensorReplyOf,
  wrongReplyField,
} from 'modelspine/adapter'

/** The answer's tensors, in whichever form the server chose. Throws `malformed-reply`. */
export function predictionTensors(reply: HttpReply): TensorReply {
  const split = reply.header(inferenceHeader)
  if (split === undefined) return readInferReply(reply.json())
  const headers = { [inferenceHeader]: split }
  return tensorReplyOf({ kind: 'bytes', contentType: '', bytes: reply.wholeBytes(), headers })
}

/**
 * The answer's bytes, to be passed on. They are not parsed. But JSON must begin and end as an object does, so that web
 * pages, and objects that are cut, are no predictions. Throws `malformed-reply`.
 */
export function predictionBytes(reply: HttpReply): InferReply {
  const bytes = reply.wholeBytes()
  const contentType = reply.header('content-type') ?? 'application/json'
  const split = reply.header(inferenceHeader)
  if (split !== undefined) {
    const fault = binaryFault(split, bytes, wrongReplyField)
    if (fault !== undefined) throw fault
    return { kind: 'bytes', contentType, bytes, headers: { [inferenceHeader]: split } }
  }
  if (isText(contentType) && !isObjectBody(bytes)) throw unlike(contentType)
  return { kind: 'bytes', contentType, bytes }
}

/** Whether a prediction reports an error in place of outputs. */
export function saysError({ bytes }: HttpReply): boolean {
  return /^\s*\{\s*"error"/.test(edgeText(bytes, 0))
}

function isText(contentType: string): boolean {
  return /^(?:text\/|application\/(?:[^;]*\+)?json\b)/i.test(contentType)
}

function unlike(contentType: string): ModelspineError {
  const message = `the server answered 200 with a body that is ${contentType}, and no JSON object`
  return new ModelspineError('malformed-reply', message)
}
