import {
  type CallContext,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  type Clock,
  createHttpClient,
  type EmbedReply,
  type EmbedRequest,
  type HttpDispatcher,
  type HttpRequest,
  jsonBody,
  type ModelProvider,
  openaiChatBody,
  openaiChatDialect,
  openaiEmbedBody,
  openaiEmbedDialect,
  readOpenaiChatReply,
  readOpenaiEmbedReply,
  secretsOf,
  systemClock,
} from 'modelspine/adapter'
import { type ApiKey, revealKey } from './api-key.ts'
import { chatEvents, holdsError } from './chat-events.ts'
import { failureOf, noStream, type OpenaiFailureContext } from './openai-compatible-errors.ts'

export interface OpenaiCompatibleOptions {
  /** The URL without `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent as `authorization: Bearer …`. Leave it out for a server that needs no key. */
  readonly apiKey?: ApiKey | undefined
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `openai`. */
  readonly name?: string
  /** Sent with every request, such as `openai-organization`. Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * The server's name for the limit on output tokens. Default `max_completion_tokens`. Some servers know only
   * `max_tokens`.
   */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
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
  /** The longest time between two pieces of an answer, in milliseconds. Default 300,000. */
  readonly bodyTimeoutMs?: number
  /** The largest body of a whole answer, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
}

export interface OpenaiCompatibleProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<ChatEvent>
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  close(): Promise<void>
}

/** A provider for OpenAI, and for every server with the same chat completions and embeddings. */
export function openaiCompatible(options: OpenaiCompatibleOptions): OpenaiCompatibleProvider {
  const {
    apiKey,
    clock = systemClock,
    name = 'openai',
    maxTokensField = 'max_completion_tokens',
    ...http
  } = options
  const client = createHttpClient(http)

  /** The request to send, and the facts that are needed to report a failure. */
  async function prepare(
    path: string,
    body: unknown,
    context: CallContext,
  ): Promise<{ readonly request: HttpRequest; readonly failure: OpenaiFailureContext }> {
    const key = apiKey === undefined ? undefined : await revealKey(apiKey)
    const request: HttpRequest = {
      method: 'POST',
      path,
      headers: {
        'content-type': 'application/json',
        ...context.headers,
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: jsonBody(body),
      abortSignal: context.abortSignal,
      // A completion changes nothing at the vendor, so twice is as good as once.
      resend: true,
    }
    const secrets = [
      ...(key === undefined ? [] : [key]),
      ...secretsOf({ ...http.headers, ...context.headers }),
    ]
    return { request, failure: { secrets, nowMs: () => clock.now() } }
  }

  async function post(path: string, body: unknown, context: CallContext): Promise<unknown> {
    const { request, failure } = await prepare(path, body, context)
    const reply = await client.request(request)
    if (reply.status !== 200) throw failureOf(reply, failure)
    const parsed = reply.json()
    if (holdsError(parsed)) throw failureOf({ body: parsed }, failure)
    return parsed
  }

  return {
    name,
    capabilities: {
      operations: ['chat', 'embed'],
      streaming: true,
      dialects: [openaiChatDialect, openaiEmbedDialect],
    },

    async chat(request, context) {
      const body = openaiChatBody(request, { stream: false, vendor: name, maxTokensField })
      return readOpenaiChatReply(await post('/chat/completions', body, context))
    },

    async *chatStream(request, context) {
      const body = openaiChatBody(request, { stream: true, vendor: name, maxTokensField })
      const { request: call, failure } = await prepare('/chat/completions', body, context)
      const stream = await client.stream({
        ...call,
        headers: { ...call.headers, accept: 'text/event-stream' },
      })
      if (stream.status !== 200) throw failureOf(await stream.whole(), failure)
      if (/^application\/json\b/.test(stream.header('content-type') ?? '')) {
        throw noStream(await stream.whole(), failure)
      }
      yield* chatEvents(stream, {
        usageAsked: asksForUsage(request),
        errorOf: (event) => failureOf({ body: event }, failure),
      })
    },

    async embed(request, context) {
      const reply = await post('/embeddings', openaiEmbedBody(request, name), context)
      return readOpenaiEmbedReply(reply, request.input.length)
    },

    close: () => client.close(),
  }
}

function asksForUsage({ native }: ChatRequest): boolean {
  const options = native?.dialect === openaiChatDialect ? native.body.stream_options : undefined
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true
}
