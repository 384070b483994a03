import {
  bytesPayloadOf,
  type CallContext,
  type CallTarget,
  type Clock,
  checkOptions,
  createHttpClient,
  type Endpoint,
  type HttpDispatcher,
  type HttpReply,
  type InferBytes,
  type InferReply,
  type InferRequest,
  type ModelDescription,
  type ModelProvider,
  ModelspineError,
  type OptionKinds,
  secretsOf,
  systemClock,
  type TargetCall,
} from 'modelspine/adapter'
import { httpKinds } from '../shared/options/connection-kinds.ts'
import { BinarySupport } from './binary-support.ts'
import {
  descriptionOf,
  metadataReply,
  modelPath,
  type OpenInferenceMetadata,
  serverReply,
} from './open-inference-api.ts'
import { openInferenceError } from './open-inference-errors.ts'
import { predictionBytes, predictionTensors, saysError } from './prediction.ts'

export interface OpenInferenceOptions {
  /** The URL without `/v2`: `http://127.0.0.1:8080`. */
  readonly baseUrl: string
  /** Default `open-inference`. */
  readonly name?: string
  /** Sent with every request: credentials, tenant. Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** An undici dispatcher to use instead of the provider's own pool. */
  readonly dispatcher?: HttpDispatcher
  /** The most connections at the same time. Default 256. */
  readonly connections?: number
  /** The most requests that wait while all connections are busy. Default 1,024. */
  readonly maxWaiting?: number
  /** How long a request may wait for a connection, in milliseconds. Default 10,000. */
  readonly waitTimeoutMs?: number
  /** How long the provider waits until an answer begins, in milliseconds. Default 300,000. */
  readonly headersTimeoutMs?: number
  /** The largest body of an answer, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number
  /**
   * Whether a request may reach the server twice: it is sent again when the server closed the connection before it
   * answered anything. Set false for models that keep state between requests. Default true.
   */
  readonly resend?: boolean
  /**
   * Whether the server has the binary tensor extension, so that tensors are sent and asked for as binary data.
   * `auto` asks the server, and believes it for a minute. Answers are read in either form. Default false.
   */
  readonly binary?: boolean | 'auto'
  readonly clock?: Clock
}

export interface OpenInferenceProvider extends ModelProvider {
  infer(request: InferRequest, context: CallContext): Promise<InferReply>
  target(call: TargetCall, context: CallContext): CallTarget
  describe(model: string, context: CallContext): Promise<ModelDescription>
  /** Whether the server, or one of its models, says that it is ready. Throws when there is no answer. */
  ready(model?: OpenInferenceModel): Promise<boolean>
  /** The server's description of a model. Throws the same errors as `infer`. */
  metadata(model: OpenInferenceModel & { readonly name: string }): Promise<OpenInferenceMetadata>
  close(): Promise<void>
}

export interface OpenInferenceModel {
  /** The model's name. Without it, the server itself is meant. */
  readonly name?: string
  readonly version?: string
  readonly abortSignal?: AbortSignal
}

const kinds: OptionKinds<OpenInferenceOptions> = {
  baseUrl: 'string!',
  name: 'string',
  ...httpKinds,
  resend: 'boolean',
  binary: 'any',
  clock: 'now()',
}

/**
 * A provider for every server that uses the Open Inference Protocol V2 over HTTP: KServe, Triton, MLServer,
 * Seldon, our own processes.
 */
export function openInferenceProvider(options: OpenInferenceOptions): OpenInferenceProvider {
  checkOptions(options, kinds)
  const { clock = systemClock, name = 'open-inference', resend = true, binary = false, ...http } = options
  const client = createHttpClient(http)

  const secrets = secretsOf(http.headers ?? {})

  const good = (reply: HttpReply, sent: CallContext['headers'] = {}): HttpReply => {
    if (reply.status === 200 && !saysError(reply)) return reply
    throw openInferenceError(reply, { secrets: [...secrets, ...secretsOf(sent)], nowMs: clock.now() })
  }

  const support = new BinarySupport(binary, clock, async (abortSignal) => {
    const reply = good(await client.request({ method: 'GET', path: '/v2', abortSignal }))
    return serverReply.parse(reply.json()).extensions
  })

  const metadataOf = async (
    { name, version, abortSignal }: OpenInferenceModel & { readonly name: string },
    headers?: CallContext['headers'],
  ): Promise<OpenInferenceMetadata> => {
    const path = modelPath(name, version)
    const reply = good(await client.request({ method: 'GET', path, headers, abortSignal }), headers)
    const parsed = metadataReply.safeParse(reply.json())
    if (parsed.success) return parsed.data
    const message = 'the server describes its model in a form that is not V2'
    throw new ModelspineError('malformed-reply', message, { cause: parsed.error })
  }

  return {
    name,
    address: client.baseUrl,
    capabilities: {
      operations: ['infer'],
      streaming: false,
      dialects: [],
      get binaryTensors() {
        return support.now
      },
    },

    async infer(request, context) {
      const sent = request.kind === 'bytes' ? request : bytesPayloadOf(request, await support.find(context))
      const reply = good(
        await client.request({
          method: 'POST',
          path: `${modelPath(request.model, request.version)}/infer`,
          headers: headersOf(sent, context),
          body: sent.bytes,
          abortSignal: context.abortSignal,
          resend,
        }),
        context.headers,
      )
      return request.kind === 'bytes' ? predictionBytes(reply) : predictionTensors(reply)
    },

    async ready(model = {}) {
      const path = model.name === undefined ? '/v2/health' : modelPath(model.name, model.version)
      const reply = await client.request({
        method: 'GET',
        path: `${path}/ready`,
        abortSignal: model.abortSignal,
      })
      return reply.status === 200 && !saysNotReady(reply)
    },

    metadata: (model) => metadataOf(model),

    describe: async (model, { abortSignal, headers }) =>
      descriptionOf(await metadataOf({ name: model, abortSignal }, headers)),

    target({ operation, model }, context) {
      if (operation !== 'infer')
        throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      return {
        method: 'POST',
        url: `${client.baseUrl}${modelPath(model, undefined)}/infer`,
        headers: { ...http.headers, 'content-type': 'application/json', ...context.headers },
      }
    },

    close: () => client.close(),
  }
}

/**
 * For the plane's `connect`: `{ 'open-inference': openInference }`, or with options
 * `{ 'open-inference': (endpoint) => openInference(endpoint, { binary: 'auto' }) }`.
 */
export function openInference(
  endpoint: Endpoint,
  options: Omit<OpenInferenceOptions, 'baseUrl'> = {},
): OpenInferenceProvider {
  return openInferenceProvider({ ...options, baseUrl: endpoint.address })
}

function headersOf(sent: InferBytes, { headers }: CallContext): Readonly<Record<string, string>> {
  if (sent.headers === undefined && headers === undefined) return { 'content-type': sent.contentType }
  return { ...headers, ...sent.headers, 'content-type': sent.contentType }
}

/** Some servers answer 200 with `{ ready: false }`. */
function saysNotReady(reply: HttpReply): boolean {
  if (reply.bytes.byteLength === 0) return false
  try {
    return (reply.json() as { ready?: unknown } | null)?.ready === false
  } catch {
    return false
  }
}
