import {
  type CallContext,
  type Clock,
  checkOptions,
  type Endpoint,
  type InferReply,
  type InferRequest,
  type ModelProvider,
  ModelspineError,
  notCarried,
  type OptionKinds,
  systemClock,
} from 'modelspine/adapter'
import { z } from 'zod'
import { type AwsConnection, createAwsClient } from '../../shared/aws/aws-client.ts'
import { awsEvents } from '../../shared/aws/aws-events.ts'
import { awsKinds } from '../../shared/options/connection-kinds.ts'
import { namedByStatus } from '../../shared/provider/named-by-status.ts'
import { sharedClients } from '../../shared/provider/shared-clients.ts'
import type { VendorClient, VendorRequest } from '../../shared/vendor-client.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import { type InvocationAddress, invocationAddress } from './invocation-address.ts'
import {
  type AsyncPayload,
  asyncInvocation,
  invocation,
  type Payload,
  streamedInvocation,
} from './invocation-requests.ts'
import {
  bytesPayload,
  readBytes,
  readTensors,
  replyHeaders,
  type TensorForm,
  tensorPayload,
  variantHeader,
} from './payload-forms.ts'
import { byStatus, runtimeWords } from './runtime-errors.ts'

export interface SagemakerProviderOptions extends AwsConnection {
  /** Default `aws.sagemaker`. */
  readonly name?: string
  /** How tensors become JSON. Default `open-inference`. */
  readonly tensors?: TensorForm
  /**
   * How long SageMaker may take until its answer begins, and between two pieces of one, in milliseconds. It gives a model a
   * minute. Default 70,000.
   */
  readonly timeoutMs?: number
  /** The largest answer that is not streamed, in bytes. Default 32 MiB. */
  readonly maxReplyBytes?: number
  readonly clock?: Clock
}

export interface SagemakerProvider extends ModelProvider {
  infer(request: InferRequest, context: CallContext): Promise<InferReply>
  /** The same with an answer in pieces. The model of the request is as for `infer`. */
  inferStream(request: InferRequest, context: CallContext): Promise<SagemakerStream>
  /**
   * Gives a request to an asynchronous endpoint, which writes the answer into S3 later. The contract of providers has no
   * such call, so routes have none. SageMaker may have taken a request whose answer was lost.
   */
  inferAsync(
    request: AsyncPayload & { readonly model: string },
    context: CallContext,
  ): Promise<SagemakerPending>
  close(): Promise<void>
}

/** An answer that comes in pieces, and occupies its connection until they were read or the reader stopped. */
export interface SagemakerStream {
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  /**
   * What the model sent, in pieces of any length. Read once. Throws `interrupted`, `timeout` and `malformed-reply` unless the
   * answer came whole.
   */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Where the answer to an asynchronous request will be. */
export interface SagemakerPending {
  readonly inferenceId: string
  /** `s3://` */
  readonly outputUri?: string
  /** `s3://` of what is written when the model fails. */
  readonly failureUri?: string
}

const kinds: OptionKinds<SagemakerProviderOptions> = {
  ...awsKinds,
  name: 'string',
  tensors: 'any',
  clock: 'now()',
}

const service = { endpointPrefix: 'runtime.sagemaker', signingName: 'sagemaker' } as const

/**
 * Asks endpoints of SageMaker. The model of a request is `ENDPOINT`, `ENDPOINT/VARIANT` or `ENDPOINT/component/NAME`.
 * Connects, loads and reads nothing before the first call but the region's variable. Throws `invalid-options`.
 */
export function sagemakerProvider(options: SagemakerProviderOptions = {}): SagemakerProvider {
  const client = clientOf(options)
  return providerOver(client, options, undefined, () => client.close())
}

/**
 * For the plane's `connect`: `{ sagemaker: connectSagemaker({ region }) }`. The providers of all endpoints share their
 * connections and credentials. Throws `invalid-options`.
 */
export function connectSagemaker(
  options: SagemakerProviderOptions = {},
): (endpoint: Endpoint) => SagemakerProvider {
  // Tells at once what is wrong.
  const { baseUrl } = clientOf(options)
  const clientAt = sharedClients(() => clientOf(options))
  return ({ address }) => {
    const { client, close } = clientAt(baseUrl)
    return providerOver(client, options, address, close)
  }
}

function clientOf(options: SagemakerProviderOptions): VendorClient {
  checkOptions(options, kinds)
  const { clock = systemClock, tensors = 'open-inference' } = options
  if (tensors !== 'open-inference' && tensors !== 'instances') {
    throw wrongOption('tensors', `is "${String(tensors)}": write open-inference or instances`)
  }
  const limits = { timeoutMs: 70_000, maxReplyBytes: 32 * 1024 * 1024 }
  return createAwsClient({ ...limits, ...options }, service, runtimeWords, clock)
}

const pendingReply = z.looseObject({ InferenceId: z.string() })

function providerOver(
  client: VendorClient,
  { name = 'aws.sagemaker', tensors = 'open-inference' }: SagemakerProviderOptions,
  endpoint: string | undefined,
  close: () => Promise<void>,
): SagemakerProvider {
  const payloadOf = (request: InferRequest): Payload =>
    request.kind === 'tensors' ? tensorPayload(request, tensors) : bytesPayload(request)

  const addressOf = ({ model, version }: InferRequest): InvocationAddress => {
    if (version === undefined) return invocationAddress(model, endpoint)
    throw notCarried(
      `SageMaker: an endpoint has no versions: leave out version "${version}", or name a variant`,
    )
  }

  return {
    name,
    capabilities: { operations: ['infer'], streaming: false, dialects: [] },

    async infer(request, context) {
      const address = addressOf(request)
      const wire = invocation(address, withInferenceId(payloadOf(request), context))
      const reply = await named(client.call(sent(wire, context)))
      checkVariant(address, reply.header(variantHeader))
      if (request.kind === 'bytes') return readBytes(reply)
      const parameters = replyHeaders((each) => reply.header(each))
      const read = readTensors(reply, tensors)
      return { ...read, parameters: { ...read.parameters, ...parameters } }
    },

    async inferStream(request, context) {
      const address = addressOf(request)
      const wire = streamedInvocation(address, withInferenceId(payloadOf(request), context))
      const stream = await named(client.stream(sent(wire, context)))
      try {
        checkVariant(address, stream.header(variantHeader))
      } catch (error) {
        stream.cancel()
        throw error
      }
      return {
        contentType: stream.header('x-amzn-sagemaker-content-type') ?? 'application/octet-stream',
        headers: replyHeaders(stream.header),
        chunks: payloadParts(awsEvents(stream, runtimeWords)),
      }
    },

    async inferAsync({ model, ...payload }, context) {
      const inferenceId = inferenceIdOf(context)
      const told = { ...(inferenceId !== undefined && { inferenceId }), ...payload }
      const wire = asyncInvocation(invocationAddress(model, endpoint), told)
      const reply = await named(client.call(sent(wire, context)))
      const body = pendingReply.safeParse(reply.json())
      if (!body.success)
        throw new ModelspineError('malformed-reply', 'SageMaker: the reply has no InferenceId')
      const outputUri = reply.header('x-amzn-sagemaker-outputlocation')
      const failureUri = reply.header('x-amzn-sagemaker-failurelocation')
      return {
        inferenceId: body.data.InferenceId,
        ...(outputUri !== undefined && { outputUri }),
        ...(failureUri !== undefined && { failureUri }),
      }
    },

    close,
  }
}

/** Headers of SageMaker that came from elsewhere could choose another variant. */
function sent(
  wire: Omit<VendorRequest, 'abortSignal'>,
  { headers = {}, abortSignal }: CallContext,
): VendorRequest {
  const others = Object.entries(headers).filter(
    ([header]) => !header.toLowerCase().startsWith('x-amzn-sagemaker-'),
  )
  return { ...wire, headers: { ...Object.fromEntries(others), ...wire.headers }, abortSignal }
}

function withInferenceId(payload: Payload, context: CallContext): Payload {
  const id = inferenceIdOf(context)
  if (id === undefined) return payload
  return { ...payload, headers: { 'x-amzn-sagemaker-inference-id': id, ...payload.headers } }
}

/** With it, what SageMaker captures of the request can be found by the request's id. Undefined for one that it refuses. */
function inferenceIdOf({ requestId }: CallContext): string | undefined {
  return /^[!-~][ -~]{0,63}$/.test(requestId) ? requestId : undefined
}

function named<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return namedByStatus(answer, byStatus)
}

/** What another variant answered must not count for the one that was asked. */
function checkVariant({ endpoint, variant }: InvocationAddress, answered: string | undefined): void {
  if (variant === undefined || answered === undefined || answered === variant) return
  throw new ModelspineError(
    'malformed-reply',
    `SageMaker: variant "${variant}" of endpoint "${endpoint}" was asked, and "${answered}" answered`,
    { details: { endpoint, variant, answered } },
  )
}

async function* payloadParts(events: ReturnType<typeof awsEvents>): AsyncGenerator<Uint8Array> {
  for await (const { type, payload } of events) {
    if (type !== 'PayloadPart')
      throw new ModelspineError('malformed-reply', `SageMaker: the stream has an event "${type}"`)
    yield payload
  }
}
