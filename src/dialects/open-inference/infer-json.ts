/**
 * Reads and writes the JSON of the Open Inference Protocol V2, with or without the binary tensors that may follow it.
 * Requests from callers are checked strictly. Replies from servers are read leniently.
 */

import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { InferPayload, InferReply, RequestedOutput, Tensor } from '../../provider/contract.ts'
import { badField, JsonFields, told } from '../json-fields.ts'
import { inferenceHeader } from './binary-fault.ts'
import { type BinaryTail, sizeParameter, valuesOf } from './binary-tail.ts'
import { jsonTensor } from './write-tensor.ts'

export type TensorPayload = Extract<InferPayload, { kind: 'tensors' }>
export type TensorReply = Extract<InferReply, { kind: 'tensors' }>

/**
 * Reads the body of `POST …/infer`, and the values that follow it in `tail`. Throws `bad-request` with the field, its
 * value and a correct value.
 */
export function parseInferRequest(body: unknown, tail?: BinaryTail): TensorPayload {
  const fields = new JsonFields(body, '')
  const inputs = fields.optionalList('inputs')
  if (inputs === undefined || inputs.length === 0)
    throw fields.wrong('inputs', 'a list of at least one tensor')
  const id = fields.optionalString('id')
  const outputs = fields.optionalList('outputs')?.map(parseOutput)
  const parameters = fields.optionalFields('parameters')?.record
  const read = inputs.map((input, index) => parseTensor(input, `inputs[${index}]`, tail))
  tail?.end()
  return {
    kind: 'tensors',
    inputs: read,
    ...(id === undefined ? {} : { id }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function parseOutput(value: unknown, index: number): string | RequestedOutput {
  const fields = new JsonFields(value, `outputs[${index}]`)
  const name = fields.string('name')
  const parameters = fields.optionalFields('parameters')?.record
  return parameters === undefined ? name : { name, parameters }
}

function parseTensor(value: unknown, path: string, tail: BinaryTail | undefined): Tensor {
  const fields = new JsonFields(value, path)
  const shape = fields.optionalList('shape')
  if (!isShape(shape)) throw fields.wrong('shape', 'a list of whole numbers')
  const { size, ...rest } = sizeOf(fields.optionalFields('parameters')?.record)
  const data = fields.optionalList('data')
  if ((data === undefined) === (size === undefined)) {
    const right = `a list of values, or parameters.${sizeParameter} in place of it`
    throw fields.wrong('data', right)
  }
  const datatype = fields.string('datatype', 'a datatype such as FP32')
  const name = fields.string('name')
  if (data !== undefined) return { name, datatype, shape, data: flatData(data, shape, fields), ...rest }
  if (tail !== undefined)
    return { name, datatype, shape, data: tail.take(path, datatype, shape, size), ...rest }
  const right = `data, because there is no ${inferenceHeader}`
  throw badField(fields.at(`parameters.${sizeParameter}`), size, right)
}

/** How many bytes of the tail a tensor has, and its other parameters. */
function sizeOf(
  parameters: JsonRecord | undefined,
): Pick<Tensor, 'parameters'> & { readonly size?: unknown } {
  const { [sizeParameter]: size, ...others } = parameters ?? {}
  return {
    ...(size !== undefined && { size }),
    ...(Object.keys(others).length > 0 && { parameters: others }),
  }
}

function flatData(
  data: readonly unknown[],
  shape: readonly number[],
  fields: JsonFields,
): readonly unknown[] {
  const flat = flatten(data)
  const expected = valuesOf(shape)
  if (flat.length === expected) return flat
  const right = `${expected} values, as the shape [${shape.join(', ')}] says`
  throw badField(fields.at('data'), flat.length, right)
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

/** More than a tensor has. Without a limit, a hostile body could overflow the stack. */
const deepest = 64

/** A tensor's data may be nested or flat in JSON. The contract has it flat. */
function flatten(data: readonly unknown[]): readonly unknown[] {
  return data.some(Array.isArray) ? data.flat(deepest) : data
}

/** The body of a request in JSON. Throws `bad-request` for a value that JSON cannot say. */
export function inferRequestBody(payload: TensorPayload): JsonRecord {
  return requestBody(
    payload,
    payload.inputs.map((input, index) => jsonTensor(input, `inputs[${index}]`, badField)),
  )
}

/** The body of a request with these inputs. */
export function requestBody(
  { id, parameters, outputs }: TensorPayload,
  inputs: readonly JsonRecord[],
): JsonRecord {
  return {
    ...(id === undefined ? {} : { id }),
    ...(parameters === undefined ? {} : { parameters }),
    inputs,
    ...(outputs === undefined
      ? {}
      : { outputs: outputs.map((each) => (typeof each === 'string' ? { name: each } : each)) }),
  }
}

/**
 * Reads a reply, and the values that follow it in `tail`. Checks only the fields that are used. Throws
 * `malformed-reply`.
 */
export function readInferReply(body: unknown, tail?: BinaryTail): TensorReply {
  if (!isRecord(body) || !Array.isArray(body.outputs)) {
    throw new ModelspineError('malformed-reply', 'the reply has no list "outputs"')
  }
  const outputs = body.outputs.map((output, index) => readTensor(output, index, tail))
  tail?.end()
  return {
    kind: 'tensors',
    outputs,
    ...(typeof body.id === 'string' ? { id: body.id } : {}),
    ...(typeof body.model_name === 'string' ? { model: body.model_name } : {}),
    ...(typeof body.model_version === 'string' ? { version: body.model_version } : {}),
    ...(isRecord(body.parameters) ? { parameters: body.parameters } : {}),
  }
}

function readTensor(value: unknown, index: number, tail: BinaryTail | undefined): Tensor {
  const path = `outputs[${index}]`
  if (!isRecord(value) || typeof value.name !== 'string') throw nameless(path)
  const { name, shape, datatype } = value
  const { size, ...rest } = sizeOf(isRecord(value.parameters) ? value.parameters : undefined)
  const known = { name, datatype: typeof datatype === 'string' ? datatype : '', ...rest }
  if (Array.isArray(value.data)) {
    const data = flatten(value.data)
    return { ...known, shape: isShape(shape) ? shape : [data.length], data }
  }
  if (size === undefined || tail === undefined) throw nameless(path)
  if (!isShape(shape)) throw wrongReplyField(`${path}.shape`, shape, 'a list of whole numbers')
  return { ...known, shape, data: tail.take(path, known.datatype, shape, size) }
}

function nameless(path: string): ModelspineError {
  return new ModelspineError('malformed-reply', `${path} of the reply has no name or no data`)
}

/** The error about one field of a server's reply: `malformed-reply`. */
export function wrongReplyField(field: string, is: unknown, right: string): ModelspineError {
  const message = `${field} of the reply is ${told(is)}, and not ${right}`
  return new ModelspineError('malformed-reply', message, { details: { field } })
}

/** The body of a reply in JSON. Throws `malformed-reply` for a value that JSON cannot say. */
export function inferReplyBody(reply: TensorReply, model: string): JsonRecord {
  return replyBody(
    reply,
    model,
    reply.outputs.map((output, index) => jsonTensor(output, `outputs[${index}]`, unsayable)),
  )
}

/** The body of a reply with these outputs. */
export function replyBody(
  { model, version, id, parameters }: TensorReply,
  named: string,
  outputs: readonly JsonRecord[],
): JsonRecord {
  return {
    model_name: model ?? named,
    ...(version === undefined ? {} : { model_version: version }),
    ...(id === undefined ? {} : { id }),
    ...(parameters === undefined ? {} : { parameters }),
    outputs,
  }
}

/** A reply that cannot be written would be the same again. */
export function unsayable(field: string, is: unknown, right: string): ModelspineError {
  const { message, details } = wrongReplyField(field, is, right)
  return new ModelspineError('malformed-reply', message, { details, retryable: false })
}
