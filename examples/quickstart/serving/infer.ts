import { classCount } from '../digits.ts'
import { classify, indexOfLargest, type Model } from '../models/model.ts'
import { readImages } from './image-tensor.ts'
import { RequestError } from './request-error.ts'

export interface ServedModel {
  readonly name: string
  readonly version: string
  readonly model: Model
}

/** Answers an Open Inference V2 request with the outputs that it asks for. Default: `label` and `scores`. */
export function infer(served: ServedModel, request: unknown): object {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new RequestError(400, 'the body must be a JSON object')
  }
  const { id, inputs, outputs } = request as Record<string, unknown>
  if (id !== undefined && typeof id !== 'string') throw new RequestError(400, "'id' must be a string")
  const wanted = readOutputs(outputs)
  const scores = readImages(inputs).map((image) => classify(served.model, image))
  return {
    model_name: served.name,
    model_version: served.version,
    ...(id === undefined ? {} : { id }),
    outputs: wanted.map((name) => tensors[name](scores)),
  }
}

const tensors = {
  label: (scores: readonly Float32Array[]) => ({
    name: 'label',
    datatype: 'INT64',
    shape: [scores.length],
    data: scores.map(indexOfLargest),
  }),
  scores: (scores: readonly Float32Array[]) => ({
    name: 'scores',
    datatype: 'FP32',
    shape: [scores.length, classCount],
    data: scores.flatMap((image) => [...image]),
  }),
}

type OutputName = keyof typeof tensors

function readOutputs(outputs: unknown): readonly OutputName[] {
  if (outputs === undefined) return ['label', 'scores']
  if (!Array.isArray(outputs)) throw new RequestError(400, "'outputs' must be an array")
  if (outputs.length === 0) return ['label', 'scores']
  return outputs.map((output: unknown) => {
    const name = (output as { name?: unknown } | null)?.name
    if (name === 'label' || name === 'scores') return name
    throw new RequestError(
      400,
      `no output ${JSON.stringify(name) ?? 'without a name'}; there are 'label' and 'scores'`,
    )
  })
}
