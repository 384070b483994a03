import type { VendorOptions } from './vendor-options.ts'

/** A piece of a message or of an answer. */
export type ChatPart =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ToolCallPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart

interface AnyPart {
  /** The prompt up to here should be kept in the vendor's cache. */
  readonly cacheMark?: CacheMark
  /** What only one vendor knows about the part, such as citations. */
  readonly options?: VendorOptions
}

export interface CacheMark {
  /** How long it should be kept, in the vendor's words: `5m`, `1h`. Absent: as long as the vendor likes. */
  readonly ttl?: string
}

/** The vendor's proof of the thoughts that led here. It goes back to that vendor unchanged, and to no other. */
export interface Signed {
  readonly signature?: string
  /** The vendor that wrote the signature, or the encrypted text: `anthropic`, `google`, `openai`. */
  readonly signedBy?: string
}

/**
 * Where the bytes are. `url` is an address such as https: or s3:, or a data: URL with the bytes themselves.
 * `fileId` is the id of a file that the vendor keeps. At least one of both is there.
 */
interface Media {
  readonly url?: string
  readonly fileId?: string
  /** Such as `image/png`. A data: URL says its own. */
  readonly mediaType?: string
}

export interface TextPart extends AnyPart, Signed {
  readonly type: 'text'
  readonly text: string
}

export interface ImagePart extends AnyPart, Media {
  readonly type: 'image'
  /** How closely the model looks: `low`, `high`, `auto`. */
  readonly detail?: string
}

export interface AudioPart extends AnyPart, Media {
  readonly type: 'audio'
  /** What is said. */
  readonly transcript?: string
}

export interface FilePart extends AnyPart, Media {
  readonly type: 'file'
  readonly filename?: string
}

export interface ToolCallPart extends AnyPart, Signed {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** JSON as text. For a custom tool any text. */
  readonly arguments: string
  /** Set for a call of a custom tool. */
  readonly custom?: true
}

export interface ReasoningPart extends AnyPart, Signed {
  readonly type: 'reasoning'
  readonly text: string
  /** Reasoning that only the vendor can read. It goes back to the vendor unchanged. */
  readonly encrypted?: string
}

export interface RefusalPart extends AnyPart {
  readonly type: 'refusal'
  readonly text: string
}

/**
 * A part that only one vendor knows. Providers of other vendors leave it out, which is an approximation. If it is
 * `required`, they throw `unsupported` instead.
 */
export interface OpaquePart extends AnyPart {
  readonly type: 'opaque'
  readonly vendor: string
  /** The vendor's word for it. */
  readonly kind: string
  readonly data: unknown
  readonly required?: true
}
