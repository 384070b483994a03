import { type EventMessage, EventStreamDecoder } from '../shared/aws/event-stream-decoder.ts'
import type { EventHeaders } from '../shared/aws/event-stream-headers.ts'
import type { ChatFrame, ChatFraming } from '../shared/provider/chat-events.ts'
import { malformed } from './bedrock-errors.ts'

/**
 * The events of a stream of AWS, by their types. An exception is an event of its own type, which the dialect's reader takes
 * for the error that it is.
 */
export class ConverseFraming implements ChatFraming {
  readonly #decoder = new EventStreamDecoder()

  /** Throws `interrupted` within a message. A message is never an event before its last byte. */
  unfinished(): undefined {
    this.#decoder.end()
  }

  *push(chunk: Uint8Array): Generator<ChatFrame> {
    for (const message of this.#decoder.push(chunk)) yield frameOf(message)
  }
}

function frameOf({ headers, payload }: EventMessage): ChatFrame {
  const kind = textIn(headers, ':message-type')
  if (kind === 'event') return { event: textIn(headers, ':event-type') ?? '', data: textOf(payload) }
  if (kind === 'exception') {
    return { event: exceptionName(textIn(headers, ':exception-type')), data: exceptionText(textOf(payload)) }
  }
  if (kind !== 'error') throw malformed('a message of the stream has no known type')
  const error = { __type: textIn(headers, ':error-code'), message: textIn(headers, ':error-message') }
  return { event: 'error', data: JSON.stringify(error) }
}

/** The reader knows exceptions by how their names end. */
function exceptionName(type = 'unknown'): string {
  return type.endsWith('Exception') ? type : `${type}Exception`
}

/** An exception is told by its name. What it says beside that need not be JSON. */
function exceptionText(text: string): string {
  const body = parsed(text)
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? text
    : JSON.stringify({ message: text })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textIn(headers: EventHeaders, name: string): string | undefined {
  const found = headers.get(name)
  return found?.type === 'string' ? found.value : undefined
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
}
