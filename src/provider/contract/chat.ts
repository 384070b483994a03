import type { ChatPart } from './chat-part.ts'
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
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly tools?: readonly ChatTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string; readonly custom?: true }
  /** Whether the model may call several tools at once. */
  readonly parallelToolCalls?: boolean
  /** How much the model should reason, in the vendor's word: `low`, `high` … */
  readonly reasoningEffort?: string
  /** A JSON Schema that the answer must match, if the upstream supports this. */
  readonly responseSchema?: {
    readonly name: string
    /** What the answer is, for the model. */
    readonly description?: string
    readonly schema: Readonly<Record<string, unknown>>
  }
  readonly options?: VendorOptions
  /**
   * The request as the caller wrote it. A provider of the same dialect sends this form, so that fields which
   * the contract does not know reach the vendor. The contract's fields win: what was edited in them is
   * written into the form.
   */
  readonly native?: Native
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
}
