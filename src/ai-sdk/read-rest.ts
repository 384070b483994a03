import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type Clock, nextTurn } from '../clock.ts'

type Reader = ReadableStreamDefaultReader<LanguageModelV4StreamPart>
type Step = Awaited<ReturnType<Reader['read']>>

/** How long a stream may take to end after its finish. Middleware that writes a log needs some time. */
const restMs = 10_000

/**
 * What comes behind the finish of a stream, if it is there already. Otherwise the stream counts as ended, because a whole
 * answer must not wait for a model that does not close its stream. It is still read to its end, so that the
 * middleware of the model hears of it, and is cancelled if there is none. Rejects as the stream does.
 */
export async function readRest(reader: Reader, clock: Clock): Promise<Step> {
  const step = reader.read()
  const come = await Promise.race([step, nextTurn()])
  if (come !== undefined) return come
  void drain(step, reader, clock)
  return { done: true, value: undefined }
}

async function drain(first: Promise<Step>, reader: Reader, clock: Clock): Promise<void> {
  const timer = clock.schedule(restMs, () => {
    reader.cancel().catch(() => {})
  })
  try {
    let { done } = await first
    while (!done) done = (await reader.read()).done
  } catch {
    // The answer is whole. Only the connection ended badly.
  } finally {
    timer.cancel()
  }
}
