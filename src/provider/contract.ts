/**
 * Who answers a request: OpenAI, Bedrock, Vertex, an Open Inference endpoint.
 *
 * A provider makes one attempt: it never retries and never fails over, the router does. It throws a ModelspineError
 * whose code is one of `ProviderFailure`, with `retryAfterMs` where the vendor said so. `abortSignal` must reach the
 * vendor's connection. A stream that ends without its terminal marker but whole at the transport is finished; one that
 * dies throws `interrupted`. Malformed events throw `malformed-reply` and are never passed on.
 */

import type { ErrorCode } from '../errors.ts'
import type { Operation } from '../resources/route/model-route.ts'

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
  readonly requestId: string
  readonly abortSignal: AbortSignal
  /** Sent along where the protocol has headers: trace context, tenant. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Tokens, reported only when the vendor gave them. Cached reads and writes are disjoint from `inputTokens`. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
}

// Infer ------------------------------------------------------------------------------------------------------------

export type InferRequest = {
  /** The model's name at the backend; the router fills it in. */
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
  /** Passed on untouched. `headers` are those the protocol itself needs, such as `inference-header-content-length`. */
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

/** In the same form as the request: tensors answer tensors, bytes answer bytes. */
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

// Chat -------------------------------------------------------------------------------------------------------------

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
  /** A JSON Schema the answer must fit, where the backend can. */
  readonly responseSchema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> }
  /** Per-vendor options, by vendor name; a provider reads its own only. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The request as its caller wrote it. A provider of the same dialect sends this, so unknown fields survive. */
  readonly native?: Native
}

/** Something in a vendor's own dialect, such as `openai-chat`. */
export interface Native {
  readonly dialect: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: readonly ChatPart[]
  /** Which call a tool's message answers. */
  readonly toolCallId?: string
}

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  /** Kept for its vendor: reasoning signatures, cache marks. Others leave it out. */
  | { readonly type: 'opaque'; readonly vendor: string; readonly data: unknown }

export interface ChatTool {
  readonly name: string
  readonly description?: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'

export interface ChatReply {
  readonly id: string
  /** As the vendor names what answered. */
  readonly model: string
  readonly content: readonly ChatPart[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly native?: Native
}

/** Events of a stream in order: any number of deltas, then one `finish`. `usage` may come anywhere, the last one counts. */
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
  /** Carries no content: a role announcement, a vendor's own event. */
  | { readonly type: 'other' }
) & {
  /** The vendor's event, passed on by a surface of the same dialect. An event with several parts carries it on its first. */
  readonly native?: Native
}

// Embed ------------------------------------------------------------------------------------------------------------

export interface EmbedRequest {
  readonly model: string
  /** Texts, or token ids where the backend takes them; a provider that does not throws `unsupported`. */
  readonly input: readonly (string | readonly number[])[]
  readonly dimensions?: number
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly native?: Native
}

export interface EmbedReply {
  readonly model: string
  /** One per input, in order. Base64 of little-endian float32 where the request's native form asked for it. */
  readonly embeddings: readonly (readonly number[] | string)[]
  readonly usage: Usage
  readonly native?: Native
}

export interface ProviderCapabilities {
  readonly operations: readonly Operation[]
  /** Whether `chatStream` exists. */
  readonly streaming: boolean
  /** Dialects whose `native` form is sent as it is. */
  readonly dialects: readonly string[]
}

export interface ModelProvider {
  /** The GenAI conventions' `gen_ai.provider.name`: `openai`, `aws.bedrock`, `open-inference` … */
  readonly name: string
  readonly capabilities: ProviderCapabilities
  infer?(request: InferRequest, context: CallContext): Promise<InferReply>
  chat?(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream?(request: ChatRequest, context: CallContext): AsyncIterable<ChatEvent>
  embed?(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  /** Lets go of connections; calls under way finish or fail. */
  close?(): Promise<void>
}
