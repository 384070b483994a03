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

export interface CallContext {
  /** The request's own id, which no other request has. */
  readonly requestId: string
  readonly abortSignal: AbortSignal
  /** Sent with the request if the protocol has headers: trace context, tenant. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Counts of tokens. A count is present only when the vendor gave it. `inputTokens` does not include cached
 * reads and cached writes.
 */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
}

// Infer
// ------------------------------------------------------------------------------------------------------------

export type InferRequest = {
  /** The model's name at the upstream. The router fills it in. */
  readonly model: string
  readonly version?: string
} & InferPayload

export type InferPayload =
  | {
      readonly kind: 'tensors'
      readonly id?: string
      readonly inputs: readonly Tensor[]
      readonly outputs?: readonly string[]
      readonly parameters?: Readonly<Record<string, unknown>>
    }
  /**
   * The bytes are passed on unchanged. `headers` are the headers that the protocol itself needs, such as
   * `inference-header-content-length`.
   */
  | {
      readonly kind: 'bytes'
      readonly contentType: string
      readonly bytes: Uint8Array
      readonly headers?: Readonly<Record<string, string>>
    }

export interface Tensor {
  readonly name: string
  /** Open Inference names: BOOL, UINT8, INT64, FP32, BYTES … */
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly unknown[]
}

/** The reply has the same form as the request: tensors answer tensors, bytes answer bytes. */
export type InferReply =
  | {
      readonly kind: 'tensors'
      readonly id?: string
      readonly model?: string
      readonly version?: string
      readonly outputs: readonly Tensor[]
      readonly parameters?: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'bytes'
      readonly contentType: string
      readonly bytes: Uint8Array
      readonly headers?: Readonly<Record<string, string>>
    }

// Chat
// -------------------------------------------------------------------------------------------------------------

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly tools?: readonly ChatTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string }
  /** A JSON Schema that the answer must match, if the upstream supports this. */
  readonly responseSchema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> }
  /** Options by vendor name. A provider reads only the entry of its own vendor. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /**
   * The request as the caller wrote it. A provider of the same dialect sends this form, so that fields which
   * the contract does not know reach the vendor.
   */
  readonly native?: Native
}

/** A request, reply or event in a vendor's own dialect, such as `openai-chat`. */
export interface Native {
  readonly dialect: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: readonly ChatPart[]
  /** The id of the tool call that a message with the role `tool` answers. */
  readonly toolCallId?: string
}

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  /**
   * A part for one vendor only: reasoning signatures, cache marks. Providers of other vendors leave it out.
   */
  | { readonly type: 'opaque'; readonly vendor: string; readonly data: unknown }

export interface ChatTool {
  readonly name: string
  readonly description?: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'

export interface ChatReply {
  readonly id: string
  /** The vendor's name for the model that answered. */
  readonly model: string
  readonly content: readonly ChatPart[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly native?: Native
}

/**
 * The events of a stream, in order: any number of deltas, then one `finish`. `usage` may come at any place.
 * If there are several `usage` events, the last one counts.
 */
export type ChatEvent = (
  | { readonly type: 'text-delta'; readonly text: string }
  | {
      readonly type: 'tool-call-delta'
      readonly index: number
      readonly id?: string
      readonly name?: string
      readonly arguments?: string
    }
  | { readonly type: 'finish'; readonly finishReason: FinishReason }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** An event without content: a role announcement, a vendor's own event. */
  | { readonly type: 'other' }
) & {
  /**
   * The vendor's event. A surface of the same dialect passes it on. When one vendor event becomes several
   * events, the first of them carries it.
   */
  readonly native?: Native
}

// Embed
// ------------------------------------------------------------------------------------------------------------

export interface EmbedRequest {
  readonly model: string
  /**
   * Texts, or token ids if the upstream accepts them. Otherwise the provider throws `unsupported` for token
   * ids.
   */
  readonly input: readonly (string | readonly number[])[]
  readonly dimensions?: number
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly native?: Native
}

export interface EmbedReply {
  readonly model: string
  /**
   * One embedding per input, in the order of the inputs. A string is base64 of little-endian float32, when
   * the request's native form asked for that.
   */
  readonly embeddings: readonly (readonly number[] | string)[]
  readonly usage: Usage
  readonly native?: Native
}

export interface ProviderCapabilities {
  readonly operations: readonly OperationName[]
  /** Whether `chatStream` exists. Only providers that declare it are asked for streams, of any operation. */
  readonly streaming: boolean
  /** The dialects whose `native` form the provider sends as it is. */
  readonly dialects: readonly string[]
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
  infer?(request: InferRequest, context: CallContext): Promise<InferReply>
  chat?(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream?(request: ChatRequest, context: CallContext): AsyncIterable<ChatEvent>
  embed?(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  /**
   * For a gateway that sends the request itself: where, and with which credentials. A provider that declares no
   * `target` cannot tell. Throws the failures of any call, such as `auth`.
   */
  target?(call: TargetCall, context: CallContext): CallTarget | Promise<CallTarget>
  /** Closes the provider's connections. Calls under way finish or fail. */
  close?(): Promise<void>
}
