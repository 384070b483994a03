import {
  type ChatEvent,
  type HttpStream,
  ModelspineError,
  readOpenaiChatChunk,
  type SseEvent,
  SseParser,
} from 'modelspine/adapter'

export interface ChatEventsOptions {
  /** Whether the caller asked for the chunk that holds the usage. */
  readonly usageAsked: boolean
  /** Makes a ModelspineError of a body that holds an error. */
  readonly errorOf: (body: unknown) => ModelspineError
}

const done = '[DONE]'

/**
 * The events of a streamed completion. A stream without `[DONE]` is finished if the transport ended properly.
 * There is one exception: the stream gave no finish reason, and its end cannot be told from a broken
 * connection. Then this throws `interrupted`.
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
        // Some vendors repeat the finish reason on the chunk with usage.
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
      'the connection was closed before the stream said that it was finished',
    )
  }
  yield { type: 'finish', finishReason: 'other' }
}

function readEvent(event: SseEvent, { usageAsked, errorOf }: ChatEventsOptions): readonly ChatEvent[] {
  let body: unknown
  try {
    body = JSON.parse(event.data)
  } catch {
    throw new ModelspineError('malformed-reply', 'an event of the stream is not JSON')
  }
  if (event.event === 'error' || holdsError(body)) throw errorOf(body)
  return readOpenaiChatChunk(body, usageAsked)
}

/** Some servers answer 200 and put an error into the body, or into an event. */
export function holdsError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body as { error?: unknown }).error != null
}
