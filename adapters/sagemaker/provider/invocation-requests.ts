import { ModelspineError } from 'modelspine/adapter'
import { awsPath } from '../../shared/aws/uri-encoding.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import type { InvocationAddress } from './invocation-address.ts'

/** Builders of requests of the SageMaker runtime. Its protocol is REST: members are headers, a path and a body. */

export interface Payload {
  readonly contentType: string
  readonly accept?: string
  readonly bytes: string | Uint8Array
  /** Headers of SageMaker's own that the caller gives, in small letters. */
  readonly headers?: Readonly<Record<string, string>>
}

const own = 'x-amzn-sagemaker-'

/** Headers that a caller may give. The others are told by the model of the request. */
const fromCaller: ReadonlySet<string> = new Set([
  `${own}custom-attributes`,
  `${own}enable-explanations`,
  `${own}inference-id`,
  `${own}prefix-aware-id`,
  `${own}session-id`,
  `${own}target-container-hostname`,
  `${own}target-model`,
])

type Request = Omit<VendorRequest, 'abortSignal'>

export function invocation({ endpoint, ...address }: InvocationAddress, payload: Payload): Request {
  const { contentType, accept, bytes, headers = {} } = payload
  return {
    method: 'POST',
    path: awsPath`/endpoints/${endpoint}/invocations`,
    headers: {
      ...allowed(headers, fromCaller),
      ...addressHeaders(address),
      'content-type': contentType,
      ...(accept !== undefined && { accept }),
    },
    body: bytes,
    repeatable: isRepeatable(headers),
  }
}

/** A session has state at the model. */
function isRepeatable(headers: Readonly<Record<string, string>>): boolean {
  return headers[`${own}session-id`] === undefined
}

/** Headers that have no meaning for a stream. */
const ofWholeAnswers = [`${own}enable-explanations`, `${own}target-model`]
const fromCallerOfStream: ReadonlySet<string> = new Set(
  [...fromCaller].filter((each) => !ofWholeAnswers.includes(each)),
)

export function streamedInvocation({ endpoint, ...address }: InvocationAddress, payload: Payload): Request {
  const { contentType, accept, bytes, headers = {} } = payload
  return {
    method: 'POST',
    path: awsPath`/endpoints/${endpoint}/invocations-response-stream`,
    headers: {
      ...allowed(headers, fromCallerOfStream),
      ...addressHeaders(address),
      'content-type': contentType,
      ...(accept !== undefined && { [`${own}accept`]: accept }),
    },
    body: bytes,
    repeatable: isRepeatable(headers),
  }
}

/** A request that is answered later, in S3. */
export interface AsyncPayload {
  /** `s3://` of what is to be inferred, or up to 128,000 bytes of it. */
  readonly input: string | Uint8Array
  readonly contentType?: string
  readonly accept?: string
  readonly inferenceId?: string
  readonly customAttributes?: string
  /** How long the request may wait, in seconds: 60 to 21,600. Default of SageMaker 21,600. */
  readonly ttlSeconds?: number
  /** How long the model may take, in seconds: 1 to 3,600. Default of SageMaker 900. */
  readonly timeoutSeconds?: number
}

export function asyncInvocation(
  { endpoint, variant, component }: InvocationAddress,
  payload: AsyncPayload,
): Request {
  const { input, contentType, accept, inferenceId, customAttributes, ttlSeconds, timeoutSeconds } = payload
  if (variant !== undefined || component !== undefined) {
    throw new ModelspineError(
      'unsupported',
      `SageMaker: an asynchronous request names the endpoint "${endpoint}" alone`,
    )
  }
  const told: Readonly<Record<string, string | number | undefined>> = {
    [`${own}inputlocation`]: typeof input === 'string' ? input : undefined,
    [`${own}content-type`]: contentType,
    [`${own}accept`]: accept,
    [`${own}inference-id`]: inferenceId,
    [`${own}custom-attributes`]: customAttributes,
    [`${own}requestttlseconds`]: ttlSeconds,
    [`${own}invocationtimeoutseconds`]: timeoutSeconds,
  }
  const headers = Object.entries(told).flatMap(([header, value]) =>
    value === undefined ? [] : [[header, String(value)]],
  )
  return {
    method: 'POST',
    path: awsPath`/endpoints/${endpoint}/async-invocations`,
    headers: Object.fromEntries(headers),
    ...(typeof input !== 'string' && { body: input }),
  }
}

function addressHeaders({ variant, component }: Omit<InvocationAddress, 'endpoint'>): Record<string, string> {
  return {
    ...(variant !== undefined && { [`${own}target-variant`]: variant }),
    ...(component !== undefined && { [`${own}inference-component`]: component }),
  }
}

function allowed(
  headers: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => names.has(header)))
}
