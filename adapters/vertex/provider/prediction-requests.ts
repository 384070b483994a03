import {
  type InferRequest,
  inferRequestBody,
  jsonBody,
  ModelspineError,
  type TensorPayload,
} from 'modelspine/adapter'
import { googlePath, resourcePath } from '../../shared/google/resource-path.ts'
import { instancesOf } from '../../shared/provider/instances-json.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'

/** Tensors as `instances`, which Vertex itself reads. */
export function predictRequest(endpoint: string, { inputs, parameters }: TensorPayload): VendorRequest {
  return {
    method: 'POST',
    path: `/v1/${resourcePath(endpoint)}:predict`,
    body: { instances: instancesOf({ inputs }), parameters },
    repeatable: true,
  }
}

/** Bytes as they are. Only the container reads them. */
export function rawPredictRequest(
  endpoint: string,
  {
    contentType,
    bytes,
    headers,
  }: Pick<Extract<InferRequest, { kind: 'bytes' }>, 'contentType' | 'bytes' | 'headers'>,
): VendorRequest {
  return {
    method: 'POST',
    path: `/v1/${resourcePath(endpoint)}:rawPredict`,
    headers: { ...headers, 'content-type': contentType },
    body: bytes,
    repeatable: true,
  }
}

/** Tensors as the Open Inference Protocol writes them. */
export function openInferenceRequest(endpoint: string, request: TensorPayload): VendorRequest {
  const bytes = Buffer.from(jsonBody(inferRequestBody(request)))
  return rawPredictRequest(endpoint, { contentType: 'application/json', bytes })
}

/** A model is the id of an endpoint of this project and location, or a whole name. Throws `not-found`. */
export function endpointOf(parent: string, model: string): string {
  if (!model.includes('/')) return `${parent}/endpoints/${googlePath`${model}`}`
  if (/^projects\/[^/]+\/locations\/[^/]+\/(endpoints|publishers\/[^/]+\/models)\/[^/]+$/.test(model))
    return model
  throw new ModelspineError(
    'not-found',
    `Vertex: "${model}" names no endpoint: write its id, or projects/…/locations/…/endpoints/…`,
  )
}

/** The endpoint of an address that `vertexTarget` observed, and where to ask it. */
export function addressOf(address: string): { readonly origin: string; readonly endpoint: string } {
  const [, origin, endpoint] =
    /^(https?:\/\/.*?)\/v1\/(projects\/[^/]+\/locations\/[^/]+\/endpoints\/[^/]+)$/.exec(address) ?? []
  if (origin !== undefined && endpoint !== undefined) return { origin, endpoint }
  throw new ModelspineError('invalid-options', `"${address}" is no address of an endpoint of Vertex`, {
    details: { field: 'address' },
  })
}
