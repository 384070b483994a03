import type { FinishReason } from './chat.ts'
import type { Signed } from './chat-part.ts'
import { Native } from './native.ts'
import type { Usage } from './usage.ts'

/**
 * One event of a vendor's stream, with all that it says. An event may say nothing that the contract knows,
 * such as the announcement of a role. Then it has no parts.
 */
export interface ChatEvent {
  /** The vendor's event. A surface of the same dialect passes its text on, unless the event was edited. */
  readonly native?: Native
  readonly parts: readonly ChatEventPart[]
}

/** The place of a piece in the answer. Pieces with the same `choice` and `block` belong together. */
export interface ChatPlace {
  /** The answer, when the request asked for several. The first is 0. */
  readonly choice: number
  /** The block within the answer: a text, a tool call. Numbers may be left out. */
  readonly block: number
}

export type ChatEventPart =
  | (ChatPlace & ChatDelta)
  /** An answer is complete. There is one for each choice, after all its pieces. */
  | {
      readonly type: 'finish'
      readonly choice: number
      readonly finishReason: FinishReason
      readonly stopSequence?: string
    }
  /** May come at any place of a stream. If there are several, the last one counts. */
  | { readonly type: 'usage'; readonly usage: Usage }

/** A piece of an answer. */
export type ChatDelta =
  /** A signature comes whole, mostly in a piece without text. */
  | ({ readonly type: 'text-delta'; readonly text: string } & Signed)
  /** `encrypted` comes whole, mostly in a piece without text. */
  | ({ readonly type: 'reasoning-delta'; readonly text: string; readonly encrypted?: string } & Signed)
  | { readonly type: 'refusal-delta'; readonly text: string }
  /** `id` and `name` come in the first piece of a call. `custom` tells a call of a custom tool. */
  | ({
      readonly type: 'tool-call-delta'
      readonly id?: string
      readonly name?: string
      readonly arguments?: string
      readonly custom?: true
    } & Signed)
  /** `data` is base64. `fileId` is the vendor's id of the whole audio. */
  | {
      readonly type: 'audio-delta'
      readonly data?: string
      readonly transcript?: string
      readonly fileId?: string
    }
  | { readonly type: 'opaque-delta'; readonly vendor: string; readonly kind: string; readonly data: unknown }

/** An event with the vendor's text of it. */
export function nativeEvent(parts: readonly ChatEventPart[], dialect: string, text: string): ChatEvent {
  return Native.bind({ native: new Native(dialect, text), parts })
}

/** The event with other parts. It has no native form, because the vendor's text says something else. */
export function edited(event: ChatEvent, parts: readonly ChatEventPart[]): ChatEvent {
  return parts === event.parts ? event : { parts }
}
