import type { CacheMark, ChatPart } from './chat-part.ts'
import type { Native } from './native.ts'
import type { Usage } from './usage.ts'
import type { VendorOptions } from './vendor-options.ts'

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  /** The limit of each choice. */
  readonly maxOutputTokens?: number
  /** How many answers are asked for. Default 1. */
  readonly choices?: number
  readonly temperature?: number
  readonly topP?: number
  /** Only so many of the likeliest tokens are considered. */
  readonly topK?: number
  /** From -2 to 2: lowers the odds of a token by how often it was said. */
  readonly frequencyPenalty?: number
  /** From -2 to 2: lowers the odds of a token that was said at all. */
  readonly presencePenalty?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly tools?: readonly ChatTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string; readonly custom?: true }
  /** Whether the model may call several tools at once. */
  readonly parallelToolCalls?: boolean
  /** How much the model should reason, in the vendor's word: `low`, `high` … */
  readonly reasoningEffort?: string
  /** The most tokens to reason with. 0 for none. */
  readonly reasoningTokens?: number
  /** The answer must be JSON, of any form. `responseSchema` says the form. */
  readonly responseFormat?: 'json'
  /** A JSON Schema that the answer must match. */
  readonly responseSchema?: {
    readonly name: string
    /** Whether the answer must match exactly. Absent: as exactly as the vendor can make it match this schema. */
    readonly strict?: boolean
    /** What the answer is, for the model. */
    readonly description?: string
    readonly schema: Readonly<Record<string, unknown>>
  }
  /** The vendor's user: an opaque id by which the vendor tells abusers apart. */
  readonly endUser?: string
  readonly options?: VendorOptions
  /**
   * What the caller's body says that the contract has no word for. It is in `native`, and nowhere else. A dialect that
   * does not send `native` refuses it by name, or lists it as left out if it is only a hint.
   */
  readonly unread?: readonly UnreadField[]
  /**
   * The request as the caller wrote it. A provider of the same dialect sends this form, so that fields which
   * the contract does not know reach the vendor. The contract's fields win: what was edited in them is
   * written into the form.
   */
  readonly native?: Native
}

/** A field of a caller's body. */
export interface UnreadField {
  /** Its path in the body: `logit_bias`, `messages[2].audio`. */
  readonly field: string
  /** Whether the answer means the same without it: a label, a wish about price or storage. */
  readonly hint?: true
}

/** A chat request without the model, which the router chooses. */
export type Chat = Omit<ChatRequest, 'model'>

export interface ChatMessage {
  /** `developer` is OpenAI's newer word for `system`. Other vendors read it as `system`. */
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content: readonly ChatPart[]
  /** The author's name, or the tool's name in a message with the role `tool`. */
  readonly name?: string
  /** The id of the tool call that a message with the role `tool` answers. */
  readonly toolCallId?: string
  /** Set when the tool failed. The content then says how. */
  readonly toolFailed?: true
  readonly options?: VendorOptions
}

export type ChatTool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description?: string
      /** A JSON Schema of the arguments. */
      readonly parameters: Readonly<Record<string, unknown>>
      /** Whether the arguments must match the schema exactly. */
      readonly strict?: boolean
      readonly cacheMark?: CacheMark
      readonly options?: VendorOptions
    }
  /** A tool that takes free text. `format` is the vendor's description of that text, such as a grammar. */
  | {
      readonly type: 'custom'
      readonly name: string
      readonly description?: string
      readonly format?: unknown
      readonly options?: VendorOptions
    }
  /** A tool of one vendor, such as its web search. */
  | {
      readonly type: 'opaque'
      readonly vendor: string
      readonly kind: string
      readonly data: unknown
      readonly required?: true
    }

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'

export interface ChatReply {
  readonly id: string
  /** The vendor's name for the model that answered. */
  readonly model: string
  /** The answers. There is at least one, and as many as `choices` of the request asked for. */
  readonly choices: readonly ChatChoice[]
  readonly usage: Usage
  readonly native?: Native
}

export interface ChatChoice {
  readonly content: readonly ChatPart[]
  readonly finishReason: FinishReason
  /** The entry of `stop` that ended the answer, where the vendor tells it. */
  readonly stopSequence?: string
}
