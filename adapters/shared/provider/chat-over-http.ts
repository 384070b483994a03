import {
  type CallContext,
  type ChatCodec,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  checkChat,
  type ErrorOf,
} from 'modelspine/adapter'
import { ChatEvents, type ChatFraming, type ChatSource } from './chat-events.ts'

/** One request to a vendor, written and ready to be sent. */
export interface ChatExchange {
  readonly codec: Pick<ChatCodec, 'parseReply' | 'reader'>
  /** The error for an answer or an event that holds one. */
  readonly errorOf: ErrorOf
  /** Sends it. The text of the answer. Throws what the vendor's failure means. */
  whole(): Promise<string>
  /** Sends it. The answer in pieces. Throws what the vendor's failure means, and when the answer is no stream. */
  open(): Promise<ChatSource>
}

export interface ChatVendor {
  /** Writes a request. Throws `unsupported` for what the vendor's format cannot carry, and `auth` without credentials. */
  begin(request: ChatRequest, context: CallContext, stream: boolean): Promise<ChatExchange>
  framing(): ChatFraming
}

export interface ChatCalls {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
}

/** The chats of a provider that speaks HTTP. One attempt each, without retries. Throws `bad-request` for what is no chat. */
export function chatOverHttp(vendor: ChatVendor): ChatCalls {
  return {
    async chat(request, context) {
      checkChat(request)
      const { codec, errorOf, whole } = await vendor.begin(request, context, false)
      return codec.parseReply(await whole(), errorOf, request)
    },

    chatStream(request, context) {
      return new ChatEvents(async () => {
        checkChat(request)
        const { codec, errorOf, open } = await vendor.begin(request, context, true)
        const source = await open()
        return { source, framing: vendor.framing(), reader: codec.reader(request, errorOf) }
      })
    },
  }
}
