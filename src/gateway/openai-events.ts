import { type OpenaiChunkOptions, OpenaiChunkWriter } from '../dialects/openai/chat-chunk.ts'
import type { ChatEvent } from '../provider/contract.ts'
import { factsOf } from './failure.ts'
import { openaiErrorBody } from './openai-errors.ts'

/**
 * A stream as server-sent events. A stream that dies ends with an event that holds the error, and without `[DONE]`, so
 * that what was cut does not look complete.
 */
export async function* openaiEvents(
  events: AsyncIterable<ChatEvent>,
  options: OpenaiChunkOptions,
): AsyncGenerator<string> {
  const writer = new OpenaiChunkWriter(options)
  try {
    for await (const event of events) {
      const chunk = writer.write(event)
      if (chunk !== undefined) yield `data: ${JSON.stringify(chunk)}\n\n`
    }
  } catch (error) {
    yield `data: ${openaiErrorBody(factsOf(error))}\n\n`
    return
  }
  const usage = writer.end()
  if (usage !== undefined) yield `data: ${JSON.stringify(usage)}\n\n`
  yield 'data: [DONE]\n\n'
}
