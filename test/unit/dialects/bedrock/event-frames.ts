import { EventStreamDecoder } from '../../../../adapters/shared/aws/event-stream-decoder.ts'

/** One event of a stream: its name and its payload. */
export interface Frame {
  readonly name: string
  readonly data: string
}

/** The events in what a writer gave. */
export function framesIn(written: string): readonly Frame[] {
  const decoder = new EventStreamDecoder()
  const messages = [...decoder.push(Buffer.from(written, 'latin1'))]
  decoder.end()
  return messages.map(({ headers, payload }) => ({
    name: String(headers.get(':event-type')?.value),
    data: Buffer.from(payload).toString(),
  }))
}
