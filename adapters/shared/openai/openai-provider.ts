import {
  type CallContext,
  type CallTarget,
  Carriage,
  type Chat,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  type Clock,
  checkEmbed,
  createHttpClient,
  type EmbedReply,
  type EmbedRequest,
  type HttpClientOptions,
  type HttpRequest,
  type ModelProvider,
  ModelspineError,
  openaiEmbedDialect,
  parseOpenaiEmbedReply,
  printOpenaiEmbed,
  SseParser,
  secretsOf,
  systemClock,
  type TargetCall,
} from 'modelspine/adapter'
import { chatOverHttp } from '../provider/chat-over-http.ts'
import { jsonExchange } from '../provider/json-exchange.ts'
import type { Credentials } from '../vendor-authority.ts'
import { failureOf, type OpenaiFailureContext, type OpenaiMeaning } from './openai-failure.ts'
import { formFor, type OpenaiForms, type OpenaiPath } from './openai-forms.ts'

/** What the adapters of OpenAI's formats can do. */
export interface OpenaiProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  capTokens<Request extends Chat>(request: Request, cap: number): Request
  target(call: TargetCall, context: CallContext): Promise<CallTarget>
  close(): Promise<void>
}

/** What differs between the servers of OpenAI's formats. */
export interface OpenaiServer {
  /** The `gen_ai.provider.name`. */
  readonly name: string
  /** The entry of a request's `options` that is sent. Default: the name. */
  readonly vendor?: string
  readonly http: HttpClientOptions
  readonly clock?: Clock | undefined
  readonly forms: OpenaiForms
  /** Throws `auth` and `unavailable`, as `revealKey`. */
  credentials(): Promise<Credentials>
  /** The server's name of a model. Default: the same. */
  modelName?(model: string): string
  /** Where a call goes, below the base URL. Default: the path. */
  place?(path: OpenaiPath, model: string): string
  readonly meaning?: OpenaiMeaning
}

/** A provider for a server of OpenAI's formats. One attempt for each call, without retries. */
export function openaiProvider(server: OpenaiServer): OpenaiProvider {
  const { name, http, forms, clock = systemClock, vendor = name } = server
  const client = createHttpClient(http)
  const dialects = [forms.chat, forms.completions, forms.responses].flatMap(
    (form) => form?.codec.dialect ?? [],
  )

  const named = <Request extends { readonly model: string }>(request: Request): Request => {
    const model = server.modelName?.(request.model) ?? request.model
    return model === request.model ? request : { ...request, model }
  }

  /** The request to send, and the facts that are needed to report a failure. */
  async function prepare(
    path: OpenaiPath,
    model: string,
    body: string,
    context: CallContext,
  ): Promise<{ readonly request: HttpRequest; readonly failure: OpenaiFailureContext }> {
    const { headers, secrets } = await server.credentials()
    const request: HttpRequest = {
      method: 'POST',
      path: server.place?.(path, model) ?? path,
      headers: { 'content-type': 'application/json', ...context.headers, ...headers },
      body,
      abortSignal: context.abortSignal,
      // A completion changes nothing at the vendor, so twice is as good as once.
      resend: true,
    }
    const all = [...secrets, ...secretsOf({ ...http.headers, ...context.headers })]
    return { request, failure: { secrets: all, nowMs: () => clock.now(), meaning: server.meaning } }
  }

  return {
    name,
    address: client.baseUrl,
    capabilities: {
      operations: ['chat', 'embed'],
      streaming: true,
      dialects: [...dialects, openaiEmbedDialect],
    },

    ...chatOverHttp({
      framing: () => new SseParser(),
      async begin(asked, context, stream) {
        const chat = named(asked)
        const form = formFor(chat, forms)
        const carriage = new Carriage(form.codec.title, context.translation)
        const body = form.print(chat, { stream, vendor, carriage })
        const { request, failure } = await prepare(form.path, chat.model, body, context)
        return jsonExchange(client, request, form.codec, (failed) => failureOf(failed, failure))
      },
    }),

    async embed(asked, context) {
      checkEmbed(asked)
      const request = named(asked)
      const carriage = new Carriage("OpenAI's embeddings", context.translation)
      const body = printOpenaiEmbed(request, vendor, carriage)
      const { request: sent, failure } = await prepare('/embeddings', request.model, body, context)
      const reply = await client.request(sent)
      if (reply.status !== 200) throw failureOf(reply, failure)
      return parseOpenaiEmbedReply(reply.text(), request.input.length, (held) =>
        failureOf({ body: held }, failure),
      )
    },

    capTokens: (request, cap) => formFor(request, forms).codec.capTokens(request, cap, vendor),

    async target({ operation, model }, context) {
      const path = operation === 'embed' ? '/embeddings' : operation === 'chat' ? firstPath(forms) : undefined
      if (path === undefined) throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      const { request } = await prepare(path, server.modelName?.(model) ?? model, '', context)
      return {
        method: 'POST',
        url: `${client.baseUrl}${request.path}`,
        headers: { ...http.headers, ...request.headers },
      }
    },

    close: () => client.close(),
  }
}

/** Where a gateway that sends chats by itself sends them: as completions, if the server takes them. */
function firstPath({ chat, responses }: OpenaiForms): OpenaiPath | undefined {
  return (chat ?? responses)?.path
}
