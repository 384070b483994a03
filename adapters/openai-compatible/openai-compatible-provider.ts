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
  /** Up to and without `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent as `authorization: Bearer …`; left out for servers that ask for none. */
  readonly apiKey?: ApiKey | undefined
  /** `gen_ai.provider.name`, and whose entry of a request's `options` is sent. Default `openai`. */
  readonly name?: string
  /** Sent with every request, such as `openai-organization`. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** How the bound on output is called here. Default `max_completion_tokens`; some servers know `max_tokens` only. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** An undici dispatcher instead of a pool of our own. */
  readonly dispatcher?: HttpDispatcher
  /** Connections at most. Default 256. */
  readonly connections?: number
  /** Until an answer begins. Default 300,000. */
  readonly headersTimeoutMs?: number
  /** Between two pieces of an answer. Default 300,000. */
  readonly bodyTimeoutMs?: number
  /** Of a whole answer. Default 64 MiB. */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
}

export interface OpenaiCompatibleProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<ChatEvent>
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  close(): Promise<void>
}

/** OpenAI, and every server that speaks its chat completions and embeddings. */
export function openaiCompatible(options: OpenaiCompatibleOptions): OpenaiCompatibleProvider {
  const {
    apiKey,
    clock = systemClock,
    name = 'openai',
    maxTokensField = 'max_completion_tokens',
    ...http
  } = options
  const client = createHttpClient(http)

  /** What is sent, and what is needed to tell of a failure. */
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
