import type { InferReply } from '../provider/contract.ts'
import type { Key } from '../resources/metadata.ts'
import { binaryOutputs } from './binary-outputs.ts'
import { plainOutput, type ReplyOutput } from './reply-output.ts'

/**
 * Reads the prediction from a reply: one value, or a list with one value for each instance. If the reply has
 * no prediction, the function may return undefined or throw. `deployment` is undefined when one of the
 * plane's providers answered.
 */
export type PredictionOf = (reply: InferReply, deployment: Key | undefined) => unknown

const names = ['label', 'prediction', 'output']

/**
 * The default. Takes the output named `label`, `prediction` or `output`, in this order, otherwise the first
 * output. An output with one value gives that value. An output with several values gives the list of them.
 * Reads tensors, and bytes in the format of Open Inference V2, including its binary extension.
 */
export function openInferencePrediction(reply: InferReply): unknown {
  const outputs = outputsOf(reply)
  const named = names.map((name) => outputs.find((output) => output.name === name))
  const chosen = named.find((output) => output !== undefined) ?? outputs[0]
  if (chosen === undefined || chosen.data.length === 0) return undefined
  return chosen.data.length === 1 ? chosen.data[0] : chosen.data
}

function outputsOf(reply: InferReply): readonly ReplyOutput[] {
  if (reply.kind === 'tensors') return reply.outputs
  const announced = reply.headers?.['inference-header-content-length']
  const length = announced === undefined ? reply.bytes.byteLength : Number(announced)
  const body = parsed(reply.bytes.subarray(0, length))
  const outputs = (body as { outputs?: unknown } | undefined)?.outputs
  if (!Array.isArray(outputs)) return []
  return announced === undefined
    ? outputs.flatMap(plainOutput)
    : binaryOutputs(outputs, reply.bytes.subarray(length))
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? undefined
  } catch {
    return undefined
  }
}
