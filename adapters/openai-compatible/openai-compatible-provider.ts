import {
  type CallContext,
  type CallTarget,
  Carriage,
  type Chat,
  type ChatCodec,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  type Clock,
  createHttpClient,
  type EmbedReply,
  type EmbedRequest,
  type HttpDispatcher,
  type HttpRequest,
  isOpenaiCompletion,
  type ModelProvider,
  ModelspineError,
  type OpenaiPrinting,
  openaiChat,
  openaiCompletions,
  openaiEmbedDialect,
  parseOpenaiEmbedReply,
  printOpenaiEmbed,
  SseParser,
  secretsOf,
  systemClock,
  type TargetCall,
} from 'modelspine/adapter'
import { type ApiKey, revealKey } from '../shared/provider/api-key.ts'
import { chatOverHttp } from '../shared/provider/chat-over-http.ts'
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
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  capTokens<Request extends Chat>(request: Request, cap: number): Request
  target(call: TargetCall, context: CallContext): Promise<CallTarget>
  close(): Promise<void>
}

const paths: Readonly<Record<string, string>> = { chat: '/chat/completions', embed: '/embeddings' }

/** What a request is written in, and where it is sent. A legacy completion stays one. */
function formOf(request: ChatRequest): { readonly codec: ChatCodec<OpenaiPrinting>; readonly path: string } {
  return isOpenaiCompletion(request)
    ? { codec: openaiCompletions, path: '/completions' }
    : { codec: openaiChat, path: '/chat/completions' }
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
    body: string,
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
      body,
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

  return {
    name,
    address: client.baseUrl,
    capabilities: {
      operations: ['chat', 'embed'],
      streaming: true,
      dialects: [openaiChat.dialect, openaiCompletions.dialect, openaiEmbedDialect],
    },

    ...chatOverHttp({
      framing: () => new SseParser(),
      async begin(chat, context, stream) {
        const { codec, path } = formOf(chat)
        const carriage = new Carriage(codec.title, context.translation)
        const body = codec.print(chat, { stream, vendor: name, maxTokensField, carriage })
        const { request, failure } = await prepare(path, body, context)
        return {
          codec,
          errorOf: (held) => failureOf({ body: held }, failure),
          async whole() {
            const reply = await client.request(request)
            if (reply.status !== 200) throw failureOf(reply, failure)
            return reply.text()
          },
          async open() {
            const headers = { ...request.headers, accept: 'text/event-stream' }
            const source = await client.stream({ ...request, headers })
            if (source.status !== 200) throw failureOf(await source.whole(), failure)
            if (!/^application\/json\b/.test(source.header('content-type') ?? '')) return source
            throw noStream(await source.whole(), failure)
          },
        }
      },
    }),

    async embed(request, context) {
      const { request: sent, failure } = await prepare(
        '/embeddings',
        printOpenaiEmbed(request, name),
        context,
      )
      const reply = await client.request(sent)
      if (reply.status !== 200) throw failureOf(reply, failure)
      return parseOpenaiEmbedReply(reply.text(), request.input.length, (held) =>
        failureOf({ body: held }, failure),
      )
    },

    capTokens: (request, cap) => {
      const isCompletion = request.native?.dialect === openaiCompletions.dialect
      return (isCompletion ? openaiCompletions : openaiChat).capTokens(request, cap, name)
    },

    async target({ operation }, context) {
      const path = Object.hasOwn(paths, operation) ? paths[operation] : undefined
      if (path === undefined) throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      const { request } = await prepare(path, '', context)
      return {
        method: 'POST',
        url: `${client.baseUrl}${path}`,
        headers: { ...http.headers, ...request.headers },
      }
    },

    close: () => client.close(),
  }
}
