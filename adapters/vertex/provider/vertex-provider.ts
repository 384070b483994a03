import {
  type CallContext,
  type Clock,
  checkOptions,
  type Endpoint,
  type HttpReply,
  type InferReply,
  type InferRequest,
  inferenceHeader,
  type ModelProvider,
  notCarried,
  type OptionKinds,
  systemClock,
  type TensorPayload,
  type TensorReply,
} from 'modelspine/adapter'
import { createGoogleClient, type GoogleConnection } from '../../shared/google/google-client.ts'
import { harmlessHeaders } from '../../shared/google/harmless-headers.ts'
import { googleKinds } from '../../shared/options/connection-kinds.ts'
import { readPredictions } from '../../shared/provider/instances-json.ts'
import { namedByStatus } from '../../shared/provider/named-by-status.ts'
import { bytesOfReply, tensorsOfReply } from '../../shared/provider/open-inference-replies.ts'
import { type SharedClient, sharedClients } from '../../shared/provider/shared-clients.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import { createVertexClient, type VertexConnection } from '../vertex-client.ts'
import {
  addressOf,
  endpointOf,
  openInferenceRequest,
  predictRequest,
  rawPredictRequest,
} from './prediction-requests.ts'
import { byHttpStatus, providerWords } from './provider-errors.ts'

/** Options of what asks endpoints. */
export interface VertexCalls extends Omit<GoogleConnection, 'endpoint'> {
  /** Default `gcp.vertex_ai`. */
  readonly name?: string
  /**
   * How tensors are sent. `instances` (default): to `predict`, as Vertex's own containers take them. `open-inference`: to
   * `rawPredict`, as Triton takes them.
   */
  readonly tensors?: 'instances' | 'open-inference'
  /** How long Vertex may take until its answer begins, in milliseconds. Default 70,000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

export interface VertexProviderOptions
  extends VertexCalls,
    Pick<VertexConnection, 'project' | 'location' | 'endpoint'> {}

export interface VertexProvider extends ModelProvider {
  infer(request: InferRequest, context: CallContext): Promise<InferReply>
  close(): Promise<void>
}

const { endpoint: _, ...callConnection } = googleKinds
const callKinds: OptionKinds<VertexCalls> = {
  ...callConnection,
  name: 'string',
  tensors: 'any',
  clock: 'now()',
}
const kinds: OptionKinds<VertexProviderOptions> = {
  ...googleKinds,
  ...callKinds,
  project: 'string!',
  location: 'string!',
}

/**
 * Asks endpoints of Vertex AI. The model of a request is the id of an endpoint, or a whole name. Connects, loads and reads
 * nothing before the first call. Throws `invalid-options`.
 */
export function vertexProvider(options: VertexProviderOptions): VertexProvider {
  checkOptions(options, kinds)
  const { name: _, tensors: __, clock = systemClock, ...connection } = checked(options)
  const client = createVertexClient(connection, providerWords, clock)
  const { close } = client
  return providerOver({ client, close }, options, (model) => endpointOf(client.parent, model))
}

/**
 * For the plane's `connect`: `{ vertex: connectVertex() }`. The providers of endpoints at one address share their connections
 * and credentials. Throws `invalid-options`.
 */
export function connectVertex(options: VertexCalls = {}): (endpoint: Endpoint) => VertexProvider {
  checkOptions(options, callKinds)
  const { name: _, tensors: __, clock = systemClock, ...connection } = checked(options)
  const clientAt = sharedClients((origin) =>
    createGoogleClient({ ...connection, endpoint: origin }, { host: '' }, providerWords, clock),
  )
  return ({ address }) => {
    const { origin, endpoint } = addressOf(address)
    return providerOver(clientAt(origin), options, () => endpoint)
  }
}

function checked<Options extends VertexCalls>(options: Options): Options & { readonly timeoutMs: number } {
  const { tensors = 'instances' } = options
  if (tensors !== 'instances' && tensors !== 'open-inference') {
    throw wrongOption('tensors', `is "${String(tensors)}": write instances or open-inference`)
  }
  return { ...options, timeoutMs: options.timeoutMs ?? 70_000 }
}

function providerOver(
  { client, close }: SharedClient,
  { name = 'gcp.vertex_ai', tensors = 'instances' }: VertexCalls,
  endpointFor: (model: string) => string,
): VertexProvider {
  async function inferTensors(
    endpoint: string,
    request: TensorPayload,
    context: CallContext,
  ): Promise<TensorReply> {
    if (tensors === 'open-inference') {
      const reply = await ask(openInferenceRequest(endpoint, request), context)
      const read = tensorsOfReply(reply, reply.header(inferenceHeader))
      return { ...read, parameters: { ...read.parameters, ...answeredBy(reply) } }
    }
    const reply = await ask(predictRequest(endpoint, request), context)
    const body = reply.json() as Readonly<Record<string, unknown>>
    return { ...readPredictions('Vertex', body), parameters: toldBy(body) }
  }

  const ask = (request: VendorRequest, { headers = {}, abortSignal }: CallContext): Promise<HttpReply> =>
    namedByStatus(
      client.call({ ...request, headers: { ...harmlessHeaders(headers), ...request.headers }, abortSignal }),
      byHttpStatus,
    )

  return {
    name,
    capabilities: { operations: ['infer'], streaming: false, dialects: [] },

    async infer(request, context) {
      if (request.version !== undefined) {
        throw notCarried(`Vertex: an endpoint has no versions: leave out version "${request.version}"`)
      }
      const endpoint = endpointFor(request.model)
      if (request.kind === 'tensors') return inferTensors(endpoint, request, context)
      const reply = await ask(rawPredictRequest(endpoint, request), context)
      const split = reply.header(inferenceHeader)
      return {
        kind: 'bytes',
        contentType: reply.header('content-type') ?? 'application/octet-stream',
        bytes: bytesOfReply(reply, split),
        headers: { ...answeredBy(reply), ...(split !== undefined && { [inferenceHeader]: split }) },
      }
    },

    close,
  }
}

/** Members of a prediction that say who made it. */
const tellers = ['deployedModelId', 'model', 'modelVersionId', 'modelDisplayName', 'metadata'] as const

function toldBy(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(tellers.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])))
}

/** The same in headers. */
const tellingHeaders = ['x-vertex-ai-endpoint-id', 'x-vertex-ai-deployed-model-id'] as const

function answeredBy(reply: HttpReply): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tellingHeaders.flatMap((name) => {
      const value = reply.header(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
