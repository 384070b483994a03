import {
  type ChatCodec,
  type HttpClient,
  type HttpReply,
  type HttpRequest,
  holdsError,
  ModelspineError,
} from 'modelspine/adapter'
import type { ChatExchange } from './chat-over-http.ts'

/** What a failed reply means, or an error that is held by an answer or an event. */
export type FailureOf = (failed: HttpReply | { readonly body: unknown }) => ModelspineError

/** A request whose answer is a JSON document or server-sent events, and any status but 200 a failure. */
export function jsonExchange(
  client: HttpClient,
  request: HttpRequest,
  codec: Pick<ChatCodec, 'parseReply' | 'reader'>,
  failureOf: FailureOf,
): ChatExchange {
  return {
    codec,
    errorOf: (body) => failureOf({ body }),
    async whole() {
      const reply = await client.request(request)
      if (reply.status !== 200) throw failureOf(reply)
      return reply.text()
    },
    async open() {
      const headers = { ...request.headers, accept: 'text/event-stream' }
      const source = await client.stream({ ...request, headers })
      if (source.status !== 200) throw failureOf(await source.whole())
      if (!/^application\/json\b/.test(source.header('content-type') ?? '')) return source
      throw noStream(await source.whole(), failureOf)
    },
  }
}

/** The error for a JSON reply to a request that asked for a stream. */
function noStream(reply: HttpReply, failureOf: FailureOf): ModelspineError {
  const body = documentIn(reply)
  if (holdsError(body)) return failureOf({ body })
  const message = 'the vendor answered with one JSON document, but the request asked for a stream'
  return new ModelspineError('malformed-reply', message)
}

/** The body of a reply: its JSON, or else its text. */
export function documentIn(reply: HttpReply): unknown {
  const text = reply.text()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
