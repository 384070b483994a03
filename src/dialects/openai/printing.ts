import { Carriage } from '../carriage.ts'
import type { ChatPrinting } from '../chat-codec.ts'

/** What some servers of this format take, and OpenAI itself refuses. */
export type OpenaiExtension =
  | 'top_k'
  /** Marks on parts and tools for the prompt's cache. */
  | 'cache_control'
  /** Earlier reasoning, as text, in `reasoning_content` of the assistant's messages. */
  | 'reasoning_content'
  /** Earlier reasoning with its signatures, in `reasoning_details` of the assistant's messages. */
  | 'reasoning_details'
  /** Images in the answers of tools, and in messages that are not the user's. */
  | 'images_anywhere'

export interface OpenaiPrinting extends ChatPrinting {
  /**
   * The server's name for the limit on output tokens. OpenAI deprecated `max_tokens`. Some other servers know
   * only `max_tokens`.
   */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  /** Whether usage in a stream is asked for. `always`: the server gives it, and does not know the question. Default `asked`. */
  readonly streamUsage?: 'asked' | 'always'
  /** Default none. */
  readonly extensions?: ReadonlySet<OpenaiExtension>
}

/** What is known of the message or part that is being written. */
export interface WireContext {
  /** The entry of `options` to send. */
  readonly vendor: string
  /** The place of the message or part, for errors. */
  readonly path: string
  readonly carriage: Carriage
  /** What the server takes beyond OpenAI's own format. */
  readonly extensions: ReadonlySet<OpenaiExtension>
  /** Whether it came in this format. Then the server gets it as it came, because it knows itself what it takes. */
  readonly isOwn: boolean
}

export const openaiChatTitle = "OpenAI's chat completions"

/** Where parts of a request are written. `isOwn` says that they came in this format, for a server of this format. */
export function wireContext(printing: OpenaiPrinting, path: string, isOwn: boolean): WireContext {
  const { vendor, extensions = noExtensions, carriage = new Carriage(openaiChatTitle) } = printing
  return { vendor, path, extensions, carriage, isOwn }
}

const noExtensions: ReadonlySet<OpenaiExtension> = new Set()
