/**
 * Reads and writes the JSON of the Open Inference Protocol V2. Requests from callers are checked strictly.
 * Replies from servers are read leniently.
 */

import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { InferPayload, InferReply, Tensor } from '../../provider/contract.ts'
import { badField, JsonFields } from '../json-fields.ts'

/** The header that tells where the JSON ends and the raw tensors begin. Requests and replies may have it. */
export const inferenceHeader = 'inference-header-content-length'

export type TensorPayload = Extract<InferPayload, { kind: 'tensors' }>
export type TensorReply = Extract<InferReply, { kind: 'tensors' }>

/** Reads the body of `POST …/infer`. Throws `bad-request` with the field, its value and a correct value. */
export function parseInferRequest(body: unknown): TensorPayload {
  const fields = new JsonFields(body, '')
  const inputs = fields.optionalList('inputs')
  if (inputs === undefined || inputs.length === 0)
    throw fields.wrong('inputs', 'a list of at least one tensor')
  const id = fields.optionalString('id')
  const outputs = fields
    .optionalList('outputs')
    ?.map((output, index) => new JsonFields(output, `outputs[${index}]`).string('name'))
  const parameters = fields.optionalFields('parameters')?.record
  return {
    kind: 'tensors',
    inputs: inputs.map((input, index) => parseTensor(input, `inputs[${index}]`)),
    ...(id === undefined ? {} : { id }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function parseTensor(value: unknown, path: string): Tensor {
  const fields = new JsonFields(value, path)
  const shape = fields.optionalList('shape')
  if (!isShape(shape)) throw fields.wrong('shape', 'a list of whole numbers')
  const data = fields.optionalList('data')
  if (data === undefined) throw fields.wrong('data', 'a list of values')
  const datatype = fields.string('datatype', 'a datatype such as FP32')
  const expected = shape.reduce((product, size) => product * size, 1)
  const flat = flatten(data)
  if (flat.length !== expected) {
    throw badField(
      fields.at('data'),
      flat.length,
      `${expected} values, as the shape [${shape.join(', ')}] says`,
    )
  }
  return { name: fields.string('name'), datatype, shape, data: flat }
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

/** A tensor's data may be nested or flat in JSON. The contract has it flat. */
function flatten(data: readonly unknown[]): readonly unknown[] {
  return data.some(Array.isArray) ? data.flat(Number.POSITIVE_INFINITY) : data
}

export function inferRequestBody(payload: TensorPayload): JsonRecord {
  return {
    ...(payload.id === undefined ? {} : { id: payload.id }),
    ...(payload.parameters === undefined ? {} : { parameters: payload.parameters }),
    inputs: payload.inputs,
    ...(payload.outputs === undefined ? {} : { outputs: payload.outputs.map((name) => ({ name })) }),
  }
}

/** Reads a reply and checks only the fields that are used. Throws `malformed-reply`. */
export function readInferReply(body: unknown): TensorReply {
  if (!isRecord(body) || !Array.isArray(body.outputs)) {
    throw new ModelspineError('malformed-reply', 'the reply has no list "outputs"')
  }
  return {
    kind: 'tensors',
    outputs: body.outputs.map(readTensor),
    ...(typeof body.id === 'string' ? { id: body.id } : {}),
    ...(typeof body.model_name === 'string' ? { model: body.model_name } : {}),
    ...(typeof body.model_version === 'string' ? { version: body.model_version } : {}),
    ...(isRecord(body.parameters) ? { parameters: body.parameters } : {}),
  }
}

function readTensor(value: unknown, index: number): Tensor {
  if (!isRecord(value) || typeof value.name !== 'string' || !Array.isArray(value.data)) {
    throw new ModelspineError('malformed-reply', `outputs[${index}] of the reply has no name or no data`)
  }
  const data = flatten(value.data)
  return {
    name: value.name,
    datatype: typeof value.datatype === 'string' ? value.datatype : '',
    shape: isShape(value.shape) ? value.shape : [data.length],
    data,
  }
}

export function inferReplyBody(reply: TensorReply, model: string): JsonRecord {
  return {
    model_name: reply.model ?? model,
    ...(reply.version === undefined ? {} : { model_version: reply.version }),
    ...(reply.id === undefined ? {} : { id: reply.id }),
    ...(reply.parameters === undefined ? {} : { parameters: reply.parameters }),
    outputs: reply.outputs,
  }
}
