import type {
  ChatRequest,
  EmbedRequest,
  FinishReason,
  ModelProvider,
  ProviderFailure,
  Tensor,
  Usage,
} from '../../provider/contract.ts'

export interface ModelProviderSubject {
  readonly provider: ModelProvider
  readonly upstream: ScriptedUpstream
  /**
   * A credential that the provider was given. The upstream repeats it in the message of every failure it
   * plays.
   */
  readonly secret?: string
  /** A caller's text in one of the provider's dialects, for the model `public-name`, and what it was read as. */
  nativeCall?(dialect: string): {
    readonly text: string
    readonly request: ChatRequest | EmbedRequest
  }
  /** How many milliseconds a law waits for an expected event. Default 2,000. */
  readonly patienceMs?: number
}

/**
 * The vendor's side, played by the author of the adapter: a real server on the loopback, or a fake in
 * memory.
 */
export interface ScriptedUpstream {
  /** Sets what the upstream does with every later call. */
  play(script: UpstreamScript): void
  /** All calls so far, in the order of their arrival. */
  readonly calls: readonly UpstreamCall[]
  /** How many callers closed the connection before they had a whole answer. */
  readonly left: number
  /** The failures that this vendor's protocol can express. */
  readonly failures: readonly ProviderFailure[]
}

export interface UpstreamCall {
  /** The model that was asked for. */
  readonly model: string
  /** The body as it arrived. Parsed if it is JSON. */
  readonly body: unknown
  /** The text of the body, if the protocol sends text. */
  readonly text?: string
}

export type UpstreamScript =
  /** Answers with `scriptedAnswer`. Answers bytes with the same bytes. */
  | { readonly kind: 'ok' }
  /** Takes the call and never answers. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'fails'; readonly code: ProviderFailure; readonly retryAfterMs?: number }
  /**
   * Answers `scriptedAnswer.outputs` as binary tensors, to tensors and to bytes. With `cut` the last byte is missing,
   * although the transport says that the answer is whole. Played for providers that declare `binaryTensors`.
   */
  | { readonly kind: 'binary'; readonly cut: boolean }
  /** Streams the text of `scriptedAnswer`. */
  | { readonly kind: 'stream'; readonly end: StreamEnd }

export type StreamEnd =
  /** As the vendor ends its streams. */
  | 'whole'
  /** Without the vendor's end marker, but whole at the transport. */
  | 'unmarked'
  /** Usage comes in the same event as the last text. */
  | 'usage-with-text'
  /** The connection breaks after the first text. */
  | 'cut'
  /** After the first text comes an event that cannot be understood. */
  | 'malformed'
  /** After the first text comes nothing more. */
  | 'stuck'

/** The answer that a scripted upstream gives to every call. */
export const scriptedAnswer: {
  readonly text: readonly string[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** One for each of the two inputs that the kit sends. */
  readonly embeddings: readonly (readonly number[])[]
  readonly outputs: readonly Tensor[]
} = {
  text: ['Hello', ' from', ' upstream'],
  finishReason: 'stop',
  usage: { inputTokens: 7, outputTokens: 3 },
  embeddings: [
    [0.5, -0.25],
    [1, 0],
  ],
  outputs: [{ name: 'label', datatype: 'INT64', shape: [2], data: [3, 1] }],
}
