import {
  type ChatEvent,
  type HttpStream,
  ModelspineError,
  readOpenaiChatChunk,
  type SseEvent,
  SseParser,
} from 'modelspine/adapter'

export interface ChatEventsOptions {
  /** Whether the caller asked for the chunk with usage. */
  readonly usageAsked: boolean
  /** Makes an error of a body that holds one. */
  readonly errorOf: (body: unknown) => ModelspineError
}

const done = '[DONE]'

/**
 * The events of a streamed completion. One that ends whole at the transport but without `[DONE]` is finished, unless its
 * end cannot be told from a broken connection and nobody said why it finished: then it throws `interrupted`.
 */
export async function* chatEvents(stream: HttpStream, options: ChatEventsOptions): AsyncGenerator<ChatEvent> {
  const parser = new SseParser()
  let began = false
  let finished = false
  for await (const chunk of stream.chunks) {
    for (const event of parser.push(chunk)) {
      if (event.data === done) {
        stream.release()
        if (!finished) yield { type: 'finish', finishReason: 'other' }
        return
      }
      for (const part of readEvent(event, options)) {
        began = true
        // Some vendors say why it finished again on the chunk with usage.
        if (finished && part.type === 'finish') {
          if (part.native !== undefined) yield { type: 'other', native: part.native }
          continue
        }
        finished ||= part.type === 'finish'
        yield part
      }
    }
  }
  const rest = parser.unfinished()
  if (rest !== undefined && rest.data !== done) {
    throw new ModelspineError('interrupted', 'the stream ended in the middle of an event')
  }
  if (!began) throw new ModelspineError('malformed-reply', 'the stream ended without any event')
  if (finished) return
  if (rest === undefined && !stream.delimited) {
    throw new ModelspineError(
      'interrupted',
      'the connection was closed before the stream said that it is finished',
    )
  }
  yield { type: 'finish', finishReason: 'other' }
}

function readEvent(event: SseEvent, { usageAsked, errorOf }: ChatEventsOptions): readonly ChatEvent[] {
  let body: unknown
  try {
    body = JSON.parse(event.data)
  } catch {
    throw new ModelspineError('malformed-reply', 'an event of the stream is no JSON')
  }
  if (event.event === 'error' || holdsError(body)) throw errorOf(body)
  return readOpenaiChatChunk(body, usageAsked)
}

/** Some servers answer 200 and tell the error in the body, or in an event. */
export function holdsError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body as { error?: unknown }).error != null
}
