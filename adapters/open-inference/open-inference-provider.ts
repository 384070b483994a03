import {
  type CallContext,
  type CallTarget,
  type Clock,
  createHttpClient,
  type Endpoint,
  type HttpDispatcher,
  type HttpReply,
  type InferReply,
  type InferRequest,
  inferRequestBody,
  jsonBody,
  type ModelProvider,
  ModelspineError,
  readInferReply,
  secretsOf,
  systemClock,
  type TargetCall,
} from 'modelspine/adapter'
import { metadataReply, modelPath, type OpenInferenceMetadata } from './open-inference-api.ts'
import { openInferenceError } from './open-inference-errors.ts'
import { predictionBytes, saysError } from './prediction.ts'

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
  readonly clock?: Clock
}

export interface OpenInferenceProvider extends ModelProvider {
  infer(request: InferRequest, context: CallContext): Promise<InferReply>
  target(call: TargetCall, context: CallContext): CallTarget
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

/**
 * A provider for every server that uses the Open Inference Protocol V2 over HTTP: KServe, Triton, MLServer,
 * Seldon, our own processes.
 */
export function openInferenceProvider(options: OpenInferenceOptions): OpenInferenceProvider {
  const { clock = systemClock, name = 'open-inference', resend = true, ...http } = options
  const client = createHttpClient(http)

  const secrets = secretsOf(http.headers ?? {})

  const good = (reply: HttpReply, sent: CallContext['headers'] = {}): HttpReply => {
    if (reply.status === 200 && !saysError(reply)) return reply
    throw openInferenceError(reply, { secrets: [...secrets, ...secretsOf(sent)], nowMs: clock.now() })
  }

  return {
    name,
    address: client.baseUrl,
    capabilities: { operations: ['infer'], streaming: false, dialects: [] },

    async infer(request, context) {
      const reply = good(
        await client.request({
          method: 'POST',
          path: `${modelPath(request.model, request.version)}/infer`,
          headers: headersOf(request, context),
          body: request.kind === 'bytes' ? request.bytes : jsonBody(inferRequestBody(request)),
          abortSignal: context.abortSignal,
          resend,
        }),
        context.headers,
      )
      return request.kind === 'bytes' ? predictionBytes(reply) : readInferReply(reply.json())
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

    async metadata(model) {
      const reply = await client.request({
        method: 'GET',
        path: modelPath(model.name, model.version),
        abortSignal: model.abortSignal,
      })
      const parsed = metadataReply.safeParse(good(reply).json())
      if (parsed.success) return parsed.data
      throw new ModelspineError(
        'malformed-reply',
        'the server describes its model in a form that is not V2',
        {
          cause: parsed.error,
        },
      )
    },

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

/** For the plane's `connect`: `{ 'open-inference': openInference }`. */
export function openInference(endpoint: Endpoint): OpenInferenceProvider {
  return openInferenceProvider({ baseUrl: endpoint.address })
}

function headersOf(request: InferRequest, context: CallContext): Readonly<Record<string, string>> {
  if (request.kind === 'tensors') return { 'content-type': 'application/json', ...context.headers }
  if (request.headers === undefined && context.headers === undefined) {
    return { 'content-type': request.contentType }
  }
  return { ...context.headers, ...request.headers, 'content-type': request.contentType }
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
