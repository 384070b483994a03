import {
  anthropicMessages,
  bedrockConverse,
  type Carriage,
  type ChatCodec,
  type ChatPrinting,
  type ChatRequest,
  geminiContent,
  ModelspineError,
  type OpenaiExtension,
  type OpenaiPrinting,
  openaiChat,
  openaiResponses,
} from 'modelspine/adapter'
import { framesIn } from '../bedrock/event-frames.ts'

/** One event of a stream as a reader takes it. */
export interface Frame {
  readonly event: string
  readonly data: string
}

/** A dialect as the tests of pairs use it. */
export interface PairedDialect {
  /** The heading of its column. */
  readonly name: string
  readonly codec: ChatCodec<never>
  /** The vendor whose signatures and opaque parts are its own. */
  readonly vendor: string
  /** Writes a request for the vendor's server. */
  print(request: ChatRequest, carriage: Carriage): string
  /** Writes a request as a client of the dialect can, also with what only some servers take. */
  write(request: ChatRequest, carriage: Carriage): string
  /** Reads a request. The model is in the path in some formats. */
  parse(text: string): ChatRequest
  /** The events in what its writer wrote. */
  frames(text: string): readonly Frame[]
  /**
   * What its answers cannot say. A member of the answer: `stopSequence`, `choices`, `usage.longCacheWriteTokens`; the
   * type of a part: `audio`; or a member of a part: `text.signature`. `finishReason.other` is an end of which nobody knows
   * the reason.
   */
  readonly answersLack: ReadonlySet<string>
}

interface Listed<Printing extends ChatPrinting> extends Pick<PairedDialect, 'name' | 'vendor'> {
  readonly codec: ChatCodec<Printing>
  readonly printing: Printing
  /** What clients can say that the vendor's own server does not take. */
  readonly clientPrinting?: Printing
  readonly answersLack: readonly string[]
  readonly frames?: (text: string) => readonly Frame[]
}

function listed<Printing extends ChatPrinting>(dialect: Listed<Printing>): PairedDialect {
  const { codec, printing } = dialect
  return {
    ...dialect,
    codec: codec as ChatCodec<never>,
    answersLack: new Set(dialect.answersLack),
    print: (request, carriage) => codec.print(request, { ...printing, carriage }),
    write: (request, carriage) => codec.print(request, { ...printing, ...dialect.clientPrinting, carriage }),
    parse: (text) => codec.parse(text, { model: 'm', stream: false }).request,
    frames: dialect.frames ?? sseFrames,
  }
}

/** The events of a text of server-sent events. */
function sseFrames(text: string): readonly Frame[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n')
      const event = lines.find((line) => line.startsWith('event: '))?.slice('event: '.length) ?? 'message'
      const data = lines
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
      return { event, data: data.join('\n') }
    })
}

/** An answer that holds an error. None of these tests has one. */
export function heldError(body: unknown): ModelspineError {
  return new ModelspineError('unavailable', `an error in an answer: ${JSON.stringify(body)}`)
}

const openaiPrinting: OpenaiPrinting = {
  stream: false,
  vendor: 'openai',
  maxTokensField: 'max_completion_tokens',
}

/** All of them. */
const extensions: Readonly<Record<OpenaiExtension, true>> = {
  top_k: true,
  cache_control: true,
  reasoning_content: true,
  reasoning_details: true,
  images_anywhere: true,
}

const mediaCounts = [
  'usage.audioInputTokens',
  'usage.audioOutputTokens',
  'usage.imageInputTokens',
  'usage.imageOutputTokens',
]

export const dialectList: readonly PairedDialect[] = [
  listed({
    name: 'OpenAI chat',
    codec: openaiChat,
    vendor: 'openai',
    printing: openaiPrinting,
    clientPrinting: {
      ...openaiPrinting,
      extensions: new Set(Object.keys(extensions) as OpenaiExtension[]),
    },
    answersLack: [
      'finishReason.other',
      'opaque',
      'image',
      'file',
      'stopSequence',
      'usage.longCacheWriteTokens',
      'usage.units',
    ],
  }),
  listed({
    name: 'OpenAI responses',
    codec: openaiResponses,
    vendor: 'openai',
    printing: { stream: false, vendor: 'openai' },
    answersLack: [
      'finishReason.other',
      'opaque',
      'audio',
      'image',
      'file',
      'stopSequence',
      'choices',
      'usage.longCacheWriteTokens',
      ...mediaCounts,
      'usage.units',
    ],
  }),
  listed({
    name: 'Bedrock Converse',
    codec: bedrockConverse,
    vendor: 'bedrock',
    printing: { stream: false, vendor: 'bedrock' },
    answersLack: [
      'finishReason.other',
      'choices',
      'audio.transcript',
      'opaque',
      'refusal',
      'text.signature',
      'tool-call.signature',
      'usage.reasoningTokens',
      'file',
      ...mediaCounts,
      'usage.units',
    ],
    frames: (text) => framesIn(text).map(({ name, data }) => ({ event: name, data })),
  }),
  listed({
    name: 'Anthropic',
    codec: anthropicMessages,
    vendor: 'anthropic',
    printing: { stream: false, vendor: 'anthropic' },
    answersLack: [
      'finishReason.other',
      'choices',
      'refusal',
      'audio',
      'image',
      'file',
      'opaque',
      'text.signature',
      'tool-call.signature',
      ...mediaCounts,
    ],
  }),
  listed({
    name: 'Gemini',
    codec: geminiContent,
    vendor: 'google',
    printing: { stream: false, vendor: 'google' },
    answersLack: [
      'stopSequence',
      'opaque',
      'refusal',
      'usage.cacheWriteTokens',
      'usage.longCacheWriteTokens',
      'audio.transcript',
      'usage.units',
    ],
  }),
]
