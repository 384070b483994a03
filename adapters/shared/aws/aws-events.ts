import { ModelspineError } from 'modelspine/adapter'
import type { VendorStream } from '../vendor-client.ts'
import { messageIn } from './aws-failure.ts'
import { type AwsWords, streamError } from './aws-words.ts'
import { type EventMessage, EventStreamDecoder, type EventStreamOptions } from './event-stream-decoder.ts'

/** One event of a stream. */
export interface AwsEvent {
  /** Such as `contentBlockDelta`. */
  readonly type: string
  readonly contentType: string | undefined
  readonly payload: Uint8Array
}

export interface AwsEventOptions extends EventStreamOptions {
  /** Whether the service says with this event that its answer is whole. Left out where no event says so. */
  readonly isLast?: (event: AwsEvent) => boolean
}

/**
 * The events of a stream. Throws what an exception within it means, and what broke it. A stream whose end cannot be
 * told from a broken connection is `interrupted` unless its last event came.
 */
export async function* awsEvents(
  stream: VendorStream,
  words: AwsWords,
  { isLast, ...limits }: AwsEventOptions = {},
): AsyncGenerator<AwsEvent> {
  const decoder = new EventStreamDecoder(limits)
  let isWhole = false
  for await (const chunk of stream.chunks) {
    for (const message of decoder.push(chunk)) {
      const event = eventIn(message, stream, words)
      isWhole ||= isLast?.(event) ?? false
      yield event
    }
  }
  decoder.end()
  if (isWhole || stream.delimited) return
  throw new ModelspineError('interrupted', `${words.vendor}: the stream ended before its answer was whole`)
}

function eventIn({ headers, payload }: EventMessage, stream: VendorStream, words: AwsWords): AwsEvent {
  const header = (name: string): string | undefined => {
    const found = headers.get(name)
    return found?.type === 'string' ? found.value : undefined
  }
  const kind = header(':message-type')
  if (kind === 'event') {
    return { type: header(':event-type') ?? '', contentType: header(':content-type'), payload }
  }
  if (kind === 'exception') {
    const text = Buffer.from(payload).toString('utf8')
    const said = stream.clean(messageIn(text) ?? '')
    throw streamError(header(':exception-type') ?? 'UnknownException', said, words, text)
  }
  if (kind === 'error') {
    throw streamError(
      header(':error-code') ?? 'UnknownError',
      stream.clean(header(':error-message') ?? ''),
      words,
    )
  }
  throw new ModelspineError('malformed-reply', `${words.vendor}: a message of the stream has no known type`)
}
