/** The formats that the benchmark of dialects compares. */

import {
  anthropicMessages,
  bedrockConverse,
  type ChatCodec,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  geminiContent,
  openaiChat,
  openaiResponses,
  SseParser,
} from 'modelspine/adapter'
import { EventStreamDecoder } from '../../adapters/shared/aws/event-stream-decoder.ts'
import type { ChatFrame, ChatFraming } from '../../adapters/shared/provider/chat-events.ts'

export interface Format {
  readonly codec: Omit<ChatCodec, 'print'>
  readonly contentType: string
  /** How the text of a stream becomes bytes. */
  readonly encoding: 'utf8' | 'latin1'
  print(request: ChatRequest, stream: boolean): string
  framing(): ChatFraming
}

/** Binary messages of AWS, by the names of their events. */
class AwsFraming implements ChatFraming {
  readonly #decoder = new EventStreamDecoder()

  unfinished(): undefined {
    this.#decoder.end()
  }

  *push(chunk: Uint8Array): Generator<ChatFrame> {
    for (const { headers, payload } of this.#decoder.push(chunk)) {
      const type = headers.get(':event-type')
      yield { event: type?.type === 'string' ? type.value : '', data: Buffer.from(payload).toString() }
    }
  }
}

const events = { contentType: 'text/event-stream', encoding: 'utf8', framing: () => new SseParser() } as const

/** By the name of the format. The first one is that of the callers. */
export const formats: Readonly<Record<string, Format>> = {
  'openai-chat': {
    ...events,
    codec: openaiChat,
    print: (request, stream) =>
      openaiChat.print(request, { stream, vendor: 'openai', maxTokensField: 'max_completion_tokens' }),
  },
  'openai-responses': {
    ...events,
    codec: openaiResponses,
    print: (request, stream) => openaiResponses.print(request, { stream, vendor: 'openai' }),
  },
  'anthropic-messages': {
    ...events,
    codec: anthropicMessages,
    print: (request, stream) => anthropicMessages.print(request, { stream, vendor: 'anthropic' }),
  },
  'gemini-content': {
    ...events,
    codec: geminiContent,
    print: (request, stream) => geminiContent.print(request, { stream, vendor: 'google' }),
  },
  'bedrock-converse': {
    codec: bedrockConverse,
    contentType: 'application/vnd.amazon.eventstream',
    encoding: 'latin1',
    print: (request, stream) => bedrockConverse.print(request, { stream, vendor: 'bedrock' }),
    framing: () => new AwsFraming(),
  },
}

export const facts = { id: 'chatcmpl-4hJ2kQ9x', model: 'v', createdMs: 1_796_000_000_000, includeUsage: true }

const words = 'The cat sat on the mat and looked at the moon. '

/** A conversation of one kilobyte. */
export const body: { readonly messages: readonly object[] } = {
  messages: [{ role: 'user', content: words.repeat(19) }],
}

const usage = { inputTokens: 200, outputTokens: 180 }

export const reply: ChatReply = {
  id: facts.id,
  model: facts.model,
  choices: [{ content: [{ type: 'text', text: words.repeat(16) }], finishReason: 'stop' }],
  usage,
}

/** 50 tokens, five in a piece. */
export function pieces({ codec }: Format): readonly string[] {
  const writer = codec.writer(facts)
  const tokens = Array.from(
    { length: 50 },
    (_, place): ChatEvent => ({
      parts: [{ type: 'text-delta', choice: 0, block: 0, text: ` tok${place}` }],
    }),
  )
  const written: string[] = []
  for (let at = 0; at < tokens.length; at += 5) written.push(writer.write(tokens.slice(at, at + 5)))
  const end: ChatEvent[] = [
    { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] },
    { parts: [{ type: 'usage', usage }] },
  ]
  written.push(writer.write(end) + writer.end())
  return written
}
