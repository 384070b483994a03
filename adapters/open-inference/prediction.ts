import {
  edgeText,
  type HttpReply,
  type InferReply,
  inferenceHeader,
  isObjectBody,
  ModelspineError,
  type TensorReply,
} from 'modelspine/adapter'
import { bytesOfReply, tensorsOfReply } from '../shared/provider/open-inference-replies.ts'

/** The answer's tensors, in whichever form the server chose. Throws `malformed-reply`. */
export function predictionTensors(reply: HttpReply): TensorReply {
  return tensorsOfReply(reply, reply.header(inferenceHeader))
}

/**
 * The answer's bytes, to be passed on. They are not parsed. But JSON must begin and end as an object does, so that web
 * pages, and objects that are cut, are no predictions, and binary tensors must be as long as they say. Throws
 * `malformed-reply`.
 */
export function predictionBytes(reply: HttpReply): InferReply {
  const contentType = reply.header('content-type') ?? 'application/json'
  const split = reply.header(inferenceHeader)
  const bytes = bytesOfReply(reply, split)
  if (split !== undefined) return { kind: 'bytes', contentType, bytes, headers: { [inferenceHeader]: split } }
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
