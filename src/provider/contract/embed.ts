import type { UnreadField } from './chat.ts'
import type { Native } from './native.ts'
import type { Usage } from './usage.ts'
import type { VendorOptions } from './vendor-options.ts'

export interface EmbedRequest {
  readonly model: string
  /**
   * Texts, or token ids if the upstream accepts them. Otherwise the provider throws `unsupported` for token
   * ids.
   */
  readonly input: readonly (string | readonly number[])[]
  readonly dimensions?: number
  readonly options?: VendorOptions
  /** As `unread` of a chat: what only the caller's own form says. */
  readonly unread?: readonly UnreadField[]
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
