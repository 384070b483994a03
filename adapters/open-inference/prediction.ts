import { type HttpReply, type InferReply, inferenceHeader, ModelspineError } from 'modelspine/adapter'

/**
 * The answer's bytes, to be passed on. They are not parsed. But JSON must begin and end as an object does, so that web
 * pages, and objects that are cut, are no predictions. Throws `malformed-reply`.
 */
export function predictionBytes(reply: HttpReply): InferReply {
  const bytes = reply.wholeBytes()
  const contentType = reply.header('content-type') ?? 'application/json'
  const split = reply.header(inferenceHeader)
  if (split !== undefined) {
    if (Number(split) <= bytes.length)
      return { kind: 'bytes', contentType, bytes, headers: { [inferenceHeader]: split } }
    throw unlike(`has ${bytes.length} bytes, but ${inferenceHeader} is "${split}"`)
  }
  if (isText(contentType) && !isObject(bytes)) throw unlike(`is ${contentType}, and no JSON object`)
  return { kind: 'bytes', contentType, bytes }
}

/** Whether a prediction reports an error in place of outputs. */
export function saysError({ bytes }: HttpReply): boolean {
  return /^\s*\{\s*"error"/.test(edgeOf(bytes, 0))
}

/** How many bytes of a body are looked at, at each end. */
const edge = 256

function isObject(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(edgeOf(bytes, 0)) && /\}\s*$/.test(edgeOf(bytes, Math.max(0, bytes.length - edge)))
}

function edgeOf({ buffer, byteOffset, length }: Uint8Array, from: number): string {
  return Buffer.from(buffer, byteOffset + from, Math.min(edge, length - from)).toString('latin1')
}

function isText(contentType: string): boolean {
  return /^(?:text\/|application\/(?:[^;]*\+)?json\b)/i.test(contentType)
}

function unlike(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `the server answered 200 with a body that ${what}`)
}
