import type { Clock } from '../../clock.ts'
import type { ChatCodec } from '../../dialects/chat-codec.ts'
import type { ChatRequest } from '../../provider/contract.ts'
import type { Router } from '../../routing/router.ts'
import { demandJson } from '../demand-json.ts'
import type { TellFailure } from '../failure.ts'
import { type JsonLimits, jsonText } from '../json-limits.ts'
import { plainBody } from '../plain-body.ts'
import { servedHeaders } from '../served-headers.ts'
import type { ErrorFacts, GatewayRequest, Handler } from '../surface.ts'
import { ChatPieces } from './chat-pieces.ts'
import { StreamComments } from './stream-comments.ts'

/** What the chats of all surfaces need. */
export interface ChatHandling {
  readonly router: Router
  readonly clock: Clock
  readonly tell: TellFailure
  readonly limits: JsonLimits
  /** 0 for no comments. */
  readonly streamCommentMs: number
}

/** What a surface's chats are written in. */
export interface ChatForm {
  readonly codec: ChatCodec<never>
  /** The id of an answer from another dialect. */
  idOf(requestId: string): string
  /** The event that ends a stream which failed after its output had begun. `number` is that of the event. */
  errorEvent(error: ErrorFacts, number: number): string
  /** The request with what its headers say. Absent: nothing that matters to the model. */
  requestOf?(read: ChatRequest, sent: GatewayRequest): ChatRequest
}

/** Answers chats in one dialect, whole and streamed. The model is in the body. */
export function chatHandler(handling: ChatHandling, form: ChatForm): Handler {
  const { codec, idOf, errorEvent } = form
  const { router, clock, tell, limits, streamCommentMs } = handling
  return async (call) => {
    demandJson(call.request)
    const {
      request: read,
      stream,
      includeUsage,
    } = codec.parse(jsonText(await plainBody(call.request), limits))
    const request = form.requestOf?.(read, call.request) ?? read
    const { model } = request
    const facts = { id: idOf(call.requestId), model, createdMs: clock.now(), includeUsage }
    if (!stream) {
      const routed = await router.chat(model, request, call.options())
      const body = codec.printReply(routed.reply, facts)
      return { status: 200, headers: servedHeaders(routed, 'application/json'), body }
    }
    const routed = await router.chatStream(model, request, call.options())
    const headers = servedHeaders(routed, 'text/event-stream; charset=utf-8')
    headers['cache-control'] = 'no-cache'
    const writer = codec.writer(facts)
    const eventOf = (error: unknown): string =>
      errorEvent(tell(error, call.requestId), writer.nextNumber ?? 0)
    const pieces = new ChatPieces(routed.events, writer, eventOf)
    const body = streamCommentMs === 0 ? pieces : new StreamComments(pieces, clock, streamCommentMs)
    return { status: 200, headers, body }
  }
}
