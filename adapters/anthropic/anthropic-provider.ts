import {
  anthropicMessages,
  type CallContext,
  type CallTarget,
  Carriage,
  type Chat,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  type Clock,
  checkChat,
  checkOptions,
  createHttpClient,
  type HttpDispatcher,
  type HttpRequest,
  type ModelProvider,
  ModelspineError,
  type OptionKinds,
  parseAnthropicCount,
  printAnthropicCount,
  SseParser,
  secretsOf,
  systemClock,
  type TargetCall,
  type TokenCount,
} from 'modelspine/adapter'
import { checkSecret } from '../shared/options/check-secret.ts'
import { httpKinds } from '../shared/options/connection-kinds.ts'
import { type ApiKey, revealKey } from '../shared/provider/api-key.ts'
import { chatOverHttp } from '../shared/provider/chat-over-http.ts'
import { jsonExchange } from '../shared/provider/json-exchange.ts'
import { type AnthropicFailureContext, failureOf } from './anthropic-errors.ts'

export interface AnthropicOptions {
  /** The URL without `/v1/messages`. Default `https://api.anthropic.com`. */
  readonly baseUrl?: string
  /** Sent as `x-api-key`. */
  readonly apiKey?: ApiKey | undefined
  /** Sent as `authorization: Bearer …`, for gateways and servers of this format that want it so. */
  readonly authToken?: ApiKey | undefined
  /** Sent as `anthropic-version`. Default `2023-06-01`. */
  readonly version?: string
  /** Sent as `anthropic-beta`, besides those that a request names in `options`. */
  readonly betas?: readonly string[]
  /** The limit of an answer whose request has none, in tokens. The vendor must be told one. Default 16,384. */
  readonly maxTokens?: number
  /**
   * Whether a model lets its callers choose how it samples. Where it does not, `temperature`, `topP` and `topK` of requests in
   * other formats are left out, which is told. Default: every model does.
   */
  readonly sampling?: (model: string) => boolean
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `anthropic`. */
  readonly name?: string
  /** Sent with every request. Names are in lower case. */
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
  /** The longest time between two pieces of an answer, in milliseconds. Default 300,000. */
  readonly bodyTimeoutMs?: number
  /** The largest body of a whole answer, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
}

export interface AnthropicProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  countTokens(request: ChatRequest, context: CallContext): Promise<TokenCount>
  capTokens<Request extends Chat>(request: Request, cap: number): Request
  target(call: TargetCall, context: CallContext): Promise<CallTarget>
  close(): Promise<void>
}

const kinds: OptionKinds<AnthropicOptions> = {
  baseUrl: 'string',
  apiKey: 'any',
  authToken: 'any',
  version: 'string',
  betas: 'list',
  maxTokens: 'any',
  sampling: 'function',
  name: 'string',
  ...httpKinds,
  bodyTimeoutMs: 'any',
  clock: 'now()',
}

const chatPath = '/v1/messages'
const countPath = '/v1/messages/count_tokens'

/** A request to send, and the facts that are needed to report its failure. */
interface Prepared {
  readonly sent: HttpRequest
  readonly failure: AnthropicFailureContext
}

/**
 * A provider for Anthropic's messages, and for servers and gateways of the same format. Throws `invalid-options` for
 * an option that cannot be meant.
 */
export function anthropic(options: AnthropicOptions = {}): AnthropicProvider {
  checkOptions(options, kinds)
  const {
    baseUrl = 'https://api.anthropic.com',
    apiKey,
    authToken,
    version = '2023-06-01',
    betas = [],
    maxTokens = 16_384,
    sampling = () => true,
    clock = systemClock,
    name = 'anthropic',
    ...http
  } = options
  checkSecret('apiKey', apiKey, 'key', false)
  checkSecret('authToken', authToken, 'key', false)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
    throw new ModelspineError(
      'invalid-options',
      `maxTokens is ${maxTokens}; write a whole number of at least 1`,
    )
  }
  const odd = betas.find((each) => !isBeta(each))
  if (odd !== undefined) {
    throw new ModelspineError(
      'invalid-options',
      `betas has ${JSON.stringify(odd)}; write names of letters, digits, points and dashes`,
    )
  }
  const client = createHttpClient({ ...http, baseUrl })

  async function prepare(
    path: string,
    body: string,
    context: CallContext,
    asked: Pick<Chat, 'options'> = {},
  ): Promise<Prepared> {
    const key = apiKey === undefined ? undefined : await revealKey(apiKey)
    const token = authToken === undefined ? undefined : await revealKey(authToken)
    const named = [...new Set([...betas, ...betasIn(asked, 'anthropic'), ...betasIn(asked, name)])]
    const sent: HttpRequest = {
      method: 'POST',
      path,
      headers: {
        'content-type': 'application/json',
        ...context.headers,
        'anthropic-version': version,
        ...(named.length > 0 && { 'anthropic-beta': named.join(',') }),
        ...(key !== undefined && { 'x-api-key': key }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      abortSignal: context.abortSignal,
      // An answer changes nothing at the vendor, so twice is as good as once.
      resend: true,
    }
    const own = [key, token].filter((each) => each !== undefined)
    const secrets = [...own, ...secretsOf({ ...http.headers, ...context.headers })]
    return { sent, failure: { secrets, nowMs: () => clock.now() } }
  }

  return {
    name,
    address: client.baseUrl,
    capabilities: {
      operations: ['chat', 'chat.count-tokens'],
      streaming: true,
      dialects: [anthropicMessages.dialect],
    },

    ...chatOverHttp({
      framing: () => new SseParser(),
      async begin(chat, context, stream) {
        const carriage = new Carriage(anthropicMessages.title, context.translation)
        const body = anthropicMessages.print(chat, {
          stream,
          vendor: name,
          maxTokens,
          sampling: sampling(chat.model),
          carriage,
        })
        const { sent, failure } = await prepare(chatPath, body, context, chat)
        return jsonExchange(client, sent, anthropicMessages, (failed) => failureOf(failed, failure))
      },
    }),

    async countTokens(request, context) {
      checkChat(request)
      const carriage = new Carriage(anthropicMessages.title, context.translation)
      const body = printAnthropicCount(request, { stream: false, vendor: name, carriage })
      const { sent, failure } = await prepare(countPath, body, context, request)
      const reply = await client.request(sent)
      if (reply.status !== 200) throw failureOf(reply, failure)
      return parseAnthropicCount(reply.text(), (held) => failureOf({ body: held }, failure))
    },

    capTokens: (request, cap) => anthropicMessages.capTokens(request, cap, name),

    async target({ operation }, context) {
      if (operation !== 'chat')
        throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      const { sent } = await prepare(chatPath, '', context)
      return {
        method: 'POST',
        url: `${client.baseUrl}${chatPath}`,
        headers: { ...http.headers, ...sent.headers },
      }
    },

    close: () => client.close(),
  }
}

/**
 * What a request names as betas in this entry of its options. A gateway reads them from a header, without knowing the name of
 * the provider. Throws `bad-request` for a name with other characters, which could be another header.
 */
function betasIn({ options }: Pick<Chat, 'options'>, entry: string): readonly string[] {
  const betas = options?.[entry]?.betas ?? []
  const list: readonly unknown[] = Array.isArray(betas) ? betas : [betas]
  return list.map((each, place) => {
    if (typeof each === 'string' && isBeta(each)) return each
    const field = `options.${entry}.betas[${place}]`
    const message = `${field} is ${JSON.stringify(each)}; write a name of letters, digits, points and dashes`
    throw new ModelspineError('bad-request', message, { details: { field } })
  })
}

function isBeta(name: string): boolean {
  return /^[\w.-]+$/.test(name)
}
