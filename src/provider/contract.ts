/**
 * A provider answers requests: OpenAI, Bedrock, Vertex, an Open Inference endpoint.
 *
 * A provider makes one attempt. It never retries and never fails over, because the router does that. It
 * throws a ModelspineError whose code is one of `ProviderFailure`, with `retryAfterMs` when the vendor gave
 * one. `abortSignal` must reach the vendor's connection. A stream may end without its terminal marker. If the
 * transport ended properly, the stream is finished. If the connection broke, the provider throws
 * `interrupted`. For a malformed event the provider throws `malformed-reply` and never passes the event on.
 */

import type { ErrorCode } from '../errors.ts'
import type { OperationName } from '../resources/route/model-route.ts'
import type { Chat, ChatReply, ChatRequest } from './contract/chat.ts'
import type { ChatEvent } from './contract/chat-event.ts'
import type { ModelDescription } from './contract/description.ts'
import type { EmbedReply, EmbedRequest } from './contract/embed.ts'
import type { InferReply, InferRequest } from './contract/infer.ts'

export * from './contract/chat.ts'
export * from './contract/chat-event.ts'
export * from './contract/chat-part.ts'
export * from './contract/description.ts'
export * from './contract/embed.ts'
export * from './contract/infer.ts'
export * from './contract/native.ts'
export * from './contract/usage.ts'
export * from './contract/vendor-options.ts'

export type ProviderFailure = Extract<
  ErrorCode,
  | 'rate-limited'
  | 'quota'
  | 'overloaded'
  | 'timeout'
  | 'interrupted'
  | 'malformed-reply'
  | 'context-length'
  | 'content-filter'
  | 'bad-request'
  | 'not-found'
  | 'not-ready'
  | 'unsupported'
  | 'auth'
  | 'unavailable'
  | 'aborted'
>

/** What a chat would be charged for before it is answered. */
export interface TokenCount {
  /** Tokens of the whole prompt: instructions, messages, tools. */
  readonly inputTokens: number
}

export interface CallContext {
  /** The request's own id, which no other request has. */
  readonly requestId: string
  readonly abortSignal: AbortSignal
  /** Sent with the request if the protocol has headers: trace context, tenant. */
  readonly headers?: Readonly<Record<string, string>>
  /** What may become of words that the vendor's format lacks. Absent: approximations are allowed, and nobody asks. */
  readonly translation?: Translation
}

/** What may become of a request whose vendor's format cannot say all of it. */
export interface Translation {
  /** `refuse`: where the provider would have to approximate, it throws `unsupported`. */
  readonly approximations: 'allow' | 'refuse'
  /** Notes an approximation: the field of the request, and what becomes of it. */
  approximated(field: string, what: string): void
}

export interface ProviderCapabilities {
  readonly operations: readonly OperationName[]
  /** Whether `chatStream` exists. Only providers that declare it are asked for streams, of any operation. */
  readonly streaming: boolean
  /** The dialects whose `native` form the provider sends as it is. */
  readonly dialects: readonly string[]
  /** Whether the upstream takes and gives bodies with the binary tensors of Open Inference. Default: nobody knows. */
  readonly binaryTensors?: boolean
  /** Whether `infer` takes bytes only, and throws `unsupported` for tensors. Default false. */
  readonly bytesOnly?: true
}

/** A call that somebody else sends. */
export interface TargetCall {
  readonly operation: OperationName
  readonly model: string
  readonly streamed: boolean
  /** The body in the vendor's dialect. Vendors that sign requests need it. */
  readonly body?: string | Uint8Array
}

export interface CallTarget {
  readonly method: 'POST'
  readonly url: string
  /** With credentials: never log them. Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ModelProvider {
  /**
   * The provider's name in the GenAI conventions, `gen_ai.provider.name`: `openai`, `aws.bedrock`,
   * `open-inference` …
   */
  readonly name: string
  readonly capabilities: ProviderCapabilities
  /** The URL that it calls, without credentials. For telemetry and for callers of `router.pick`. */
  readonly address?: string
  infer?(request: InferRequest, context: CallContext): Promise<InferReply>
  chat?(request: ChatRequest, context: CallContext): Promise<ChatReply>
  /** Yields in one batch all events that came in one piece of the upstream's answer. No batch is empty. */
  chatStream?(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  /** How many tokens the prompt has. For a provider that declares the operation `chat.count-tokens`. */
  countTokens?(request: ChatRequest, context: CallContext): Promise<TokenCount>
  embed?(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  /** What the upstream says of one of its models. It changes nothing, and takes no room of a model. */
  describe?(model: string, context: CallContext): Promise<ModelDescription>
  /**
   * For a gateway that sends the request itself: where, and with which credentials. A provider that declares no
   * `target` cannot tell. Throws the failures of any call, such as `auth`.
   */
  target?(call: TargetCall, context: CallContext): CallTarget | Promise<CallTarget>
  /**
   * The same request, but all its choices together ask for at most `cap` output tokens, in every field that
   * the vendor reads: in the native form and in `options`, too. Throws `policy-denied` when `cap` is too small
   * for so many choices. For a provider without this method the router leaves out `native` and `options`.
   */
  capTokens?<Request extends Chat>(request: Request, cap: number): Request
  /** Closes the provider's connections. Calls under way finish or fail. */
  close?(): Promise<void>
}
