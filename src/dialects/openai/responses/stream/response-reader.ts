import { ModelspineError } from '../../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../../json.ts'
import { type ChatEvent, type ChatEventPart, nativeEvent } from '../../../../provider/contract.ts'
import type { ChatStreamEnd, ChatStreamReader, ErrorOf } from '../../../chat-codec.ts'
import { parseAnswer } from '../../body-text.ts'
import { openaiResponsesDialect } from '../own-words.ts'
import { failureIn, responseFinish } from '../response-reply.ts'
import { readResponseUsage } from '../response-usage.ts'
import { ItemReader } from './item-reader.ts'

/** Some servers close their streams with it, as in chat completions. */
const endMarker = '[DONE]'

const none: readonly ChatEventPart[] = []

/** Reads a stream of responses. */
export class ResponseReader implements ChatStreamReader {
  readonly #errorOf: ErrorOf
  readonly #items = new ItemReader()
  #isEmpty = true
  #isOver = false

  constructor(errorOf: ErrorOf) {
    this.#errorOf = errorOf
  }

  isEnd(_name: string, data: string): boolean {
    return data === endMarker
  }

  read(name: string, data: string): ChatEvent | undefined {
    if (data === '') return undefined
    const isOurs = name === 'message' || name === 'error' || name.startsWith('response.')
    if (!isOurs && !data.startsWith('{')) return undefined
    const body = parseAnswer(data, 'an event of the stream')
    const type = isRecord(body) ? (body.type ?? name) : undefined
    if (isRecord(body) && (name === 'error' || type === 'error' || (body.error ?? null) !== null)) {
      throw this.#errorOf(errorIn(body))
    }
    if (!isRecord(body) || typeof type !== 'string' || !type.startsWith('response.')) {
      if (!isOurs) return undefined
      throw new ModelspineError('malformed-reply', 'an event of the stream has no type of a response')
    }
    this.#isEmpty = false
    return nativeEvent(this.#parts(type, body), openaiResponsesDialect, data)
  }

  #parts(type: string, event: JsonRecord): readonly ChatEventPart[] {
    switch (type) {
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        return this.#end(isRecord(event.response) ? event.response : {}, type)
      case 'response.failed':
        throw this.#errorOf(failureIn(event.response))
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        return none
      default:
        return this.#items.read(type, event)
    }
  }

  #end(response: JsonRecord, type: string): readonly ChatEventPart[] {
    if (this.#isOver) return none
    this.#isOver = true
    const parts: ChatEventPart[] = [...this.#items.rest(response.output)]
    if (isRecord(response.usage)) parts.push({ type: 'usage', usage: readResponseUsage(response.usage) })
    // The name of the event says it, too, and some servers write only that.
    const status = response.status ?? type.slice('response.'.length)
    const finishReason = responseFinish({ ...response, status }, this.#items.hasCalls)
    parts.push({ type: 'finish', choice: 0, finishReason })
    return parts
  }

  end(how: ChatStreamEnd): readonly ChatEvent[] {
    if (this.#isOver) return []
    if (how !== 'marked' && this.#isEmpty) {
      throw new ModelspineError('malformed-reply', 'the stream ended without any event')
    }
    // Each stream of this format says that it ends. One that does not was cut, perhaps behind a proxy.
    if (how !== 'marked') {
      throw new ModelspineError(
        'interrupted',
        'the connection was closed before the stream said that it was finished',
      )
    }
    // The vendor said nothing more. Without a native form, a writer of the same dialect says the end itself.
    return [{ parts: [{ type: 'finish', choice: 0, finishReason: 'other' }] }]
  }
}

/** An error stands in the event itself, or in a member of it. */
function errorIn(body: JsonRecord): JsonRecord {
  if (isRecord(body.error) || typeof body.error === 'string') return body
  const { code, message, param } = body
  return { error: { code, message, param } }
}
