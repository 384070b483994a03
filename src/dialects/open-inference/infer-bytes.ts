/**
 * Bodies of the Open Inference Protocol V2 as bytes and as tensors, each made of the other. Nothing here is needed to
 * pass a body on: it is for those who look into one.
 */

import { messageOf } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import type { InferPayload, InferReply, RequestedOutput } from '../../provider/contract.ts'
import { badField } from '../json-fields.ts'
import { inferenceHeader, lengthOf, rightLength } from './binary-fault.ts'
import { BinaryTail, type WrongField } from './binary-tail.ts'
import {
  inferReplyBody,
  inferRequestBody,
  parseInferRequest,
  readInferReply,
  replyBody,
  requestBody,
  type TensorPayload,
  type TensorReply,
  unsayable,
  wrongReplyField,
} from './infer-json.ts'
import { binaryTensor, jsonTensor } from './write-tensor.ts'

/** A body of bytes, of a request or of a reply. */
export type InferBytes = Extract<InferPayload, { kind: 'bytes' }>

/**
 * The tensors of a request, JSON or binary. Throws `bad-request` with the name of the field, also for bytes that are no
 * body of the protocol.
 */
export function tensorPayloadOf(payload: InferPayload): TensorPayload {
  if (payload.kind === 'tensors') return payload
  const { body, tail } = parted(payload, badField)
  return parseInferRequest(body, tail)
}

/** The tensors of a reply, JSON or binary, and in whichever of both forms each output is. Throws `malformed-reply`. */
export function tensorReplyOf(reply: InferReply): TensorReply {
  if (reply.kind === 'tensors') return reply
  const { body, tail } = parted(reply, wrongReplyField)
  return readInferReply(body, tail)
}

/**
 * A request as bytes. With `binary`, the values follow the JSON, and the outputs are asked for in the same form unless
 * the request says otherwise. Throws `bad-request` with the name of the field.
 */
export function bytesPayloadOf(payload: TensorPayload, binary: boolean): InferBytes {
  if (!binary) return joined(inferRequestBody(payload), [])
  const tail: Uint8Array[] = []
  const inputs = payload.inputs.map((input, index) => binaryTensor(input, `inputs[${index}]`, tail, badField))
  const parameters = { [allOutputs]: true, ...payload.parameters }
  const wanted = {
    ...payload,
    parameters,
    // KServe's server takes what is said of all outputs only for a request that names none.
    ...(payload.outputs && { outputs: payload.outputs.map((each) => inForm(each, parameters[allOutputs])) }),
  }
  return joined(requestBody(wanted, inputs), tail, true)
}

function inForm(output: string | RequestedOutput, binary: unknown): RequestedOutput {
  const { name, parameters } = typeof output === 'string' ? { name: output } : output
  return { name, parameters: { binary_data: binary, ...parameters } }
}

/**
 * A reply as bytes. `isBinary` says of each output whether its values follow the JSON. `model` is the name for a reply
 * that has none. Throws `malformed-reply`, which is not retryable, for a value that has no such form.
 */
export function bytesReplyOf(
  reply: TensorReply,
  model: string,
  isBinary: (output: string) => boolean,
): InferBytes {
  if (!reply.outputs.some(({ name }) => isBinary(name))) return joined(inferReplyBody(reply, model), [])
  const tail: Uint8Array[] = []
  const outputs = reply.outputs.map((output, index) => {
    const path = `outputs[${index}]`
    return isBinary(output.name)
      ? binaryTensor(output, path, tail, unsayable)
      : jsonTensor(output, path, unsayable)
  })
  return joined(replyBody(reply, model, outputs), tail, true)
}

const allOutputs = 'binary_data_output'

/**
 * Which outputs a request asks for as binary data: `binary_data` of the output, else `binary_data_output`. Takes the
 * JSON of any request, also of one that is wrong elsewhere.
 */
export function asksBinary({ outputs, parameters }: JsonRecord): (output: string) => boolean {
  const own = new Map<unknown, unknown>()
  for (const output of Array.isArray(outputs) ? outputs : [])
    if (isRecord(output) && isRecord(output.parameters)) own.set(output.name, output.parameters.binary_data)
  const all = isRecord(parameters) && parameters[allOutputs] === true
  return (name) => (own.get(name) ?? all) === true
}

function parted(
  { bytes, headers }: InferBytes,
  wrong: WrongField,
): { readonly body: unknown; readonly tail: BinaryTail | undefined } {
  const split = headers?.[inferenceHeader]
  const length = split === undefined ? bytes.byteLength : lengthOf(split, bytes)
  if (length === undefined) throw wrong(inferenceHeader, split, rightLength(bytes))
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString()
  const tail = split === undefined ? undefined : new BinaryTail(bytes.subarray(length), wrong)
  return { body: parsed(text, wrong), tail }
}

function parsed(text: string, wrong: WrongField): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw wrong('the body', text, `JSON: ${messageOf(error)}`)
  }
}

function joined(body: JsonRecord, tail: readonly Uint8Array[], binary = false): InferBytes {
  const json = Buffer.from(jsonBody(body))
  if (!binary) return { kind: 'bytes', contentType: 'application/json', bytes: json }
  return {
    kind: 'bytes',
    contentType: 'application/octet-stream',
    bytes: Buffer.concat([json, ...tail]),
    headers: { [inferenceHeader]: String(json.byteLength) },
  }
}
