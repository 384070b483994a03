import {
  type HttpReply,
  type InferReply,
  type InferRequest,
  inferenceHeader,
  inferRequestBody,
  jsonBody,
  type TensorPayload,
  type TensorReply,
} from 'modelspine/adapter'
import { instancesOf, readPredictions } from '../../shared/provider/instances-json.ts'
import { bytesOfReply, tensorsOfReply } from '../../shared/provider/open-inference-replies.ts'
import type { Payload } from './invocation-requests.ts'

/**
 * How tensors become JSON. `open-inference`: as the Open Inference Protocol V2 writes them, which Triton's container takes.
 * `instances`: `{ instances }` and `{ predictions }`, as TensorFlow Serving's and many own containers take them.
 */
export type TensorForm = 'open-inference' | 'instances'

export function tensorPayload(request: TensorPayload, form: TensorForm): Payload {
  const body =
    form === 'instances'
      ? { instances: instancesOf(request), ...request.parameters }
      : inferRequestBody(request)
  const type = 'application/json'
  return { contentType: type, accept: type, bytes: jsonBody(body) }
}

export function readTensors(reply: HttpReply, form: TensorForm): TensorReply {
  return form === 'instances'
    ? readPredictions('SageMaker', reply.json())
    : tensorsOfReply(reply, splitOf(typeOf(reply)))
}

/**
 * Triton's binary form. Containers get no header but the content type, so the length of the JSON stands in it.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md and `sagemaker_server.cc`
 */
const tritonBinary = 'application/vnd.sagemaker-triton.binary+json;json-header-size='

export function bytesPayload(request: Extract<InferRequest, { kind: 'bytes' }>): Payload {
  const { contentType, bytes, headers = {} } = request
  const split = headers[inferenceHeader]
  const accept = headers.accept
  return {
    contentType: split === undefined ? contentType : tritonBinary + split,
    ...(accept !== undefined && { accept }),
    bytes,
    headers,
  }
}

export function readBytes(reply: HttpReply): InferReply {
  const contentType = typeOf(reply)
  const split = splitOf(contentType)
  return {
    kind: 'bytes',
    contentType: split === undefined ? contentType : 'application/octet-stream',
    bytes: bytesOfReply(reply, split),
    headers: {
      ...replyHeaders((name) => reply.header(name)),
      ...(split !== undefined && { [inferenceHeader]: split }),
    },
  }
}

function typeOf(reply: HttpReply): string {
  return reply.header('content-type') ?? 'application/octet-stream'
}

function splitOf(contentType: string): string | undefined {
  return contentType.startsWith(tritonBinary) ? contentType.slice(tritonBinary.length) : undefined
}

/** Who answered. */
export const variantHeader = 'x-amzn-invoked-production-variant'

const told = [
  variantHeader,
  'x-amzn-sagemaker-custom-attributes',
  'x-amzn-sagemaker-new-session-id',
  'x-amzn-sagemaker-closed-session-id',
]

/** What a reply says beside its body. */
export function replyHeaders(header: (name: string) => string | undefined): Readonly<Record<string, string>> {
  const found = told.flatMap((name) => {
    const value = header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}
