import { exceptionEvent, jsonEvent } from '../adapters/shared/aws/event-stream-bytes.ts'
import { type Asked, answeredText, answeredVector, type RefusalKind, type VendorWords } from './words.ts'

const json = 'application/json'

/** Bedrock's status and error for each refusal. */
const refusals: Readonly<Record<RefusalKind, readonly [number, string, string]>> = {
  'rate-limited': [429, 'ThrottlingException', 'Too many requests, please wait before trying again.'],
  broken: [500, 'InternalServerException', 'The system encountered an unexpected error'],
  overloaded: [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'],
  'context-length': [400, 'ValidationException', 'Input is too long for requested model.'],
  'content-filter': [400, 'ValidationException', 'Output blocked by content filtering policy'],
}

const usage = { inputTokens: 2, outputTokens: 4, totalTokens: 16, cacheReadInputTokens: 10 }

/** Bedrock's Converse, ConverseStream and InvokeModel of Titan. */
export const bedrockWords: VendorWords = {
  read(path) {
    const [, model = '', action = ''] = /^\/model\/([^/]+)\/([^/]+)$/.exec(path) ?? []
    return {
      asked: action === 'invoke' ? 'embed' : 'chat',
      model: decodeURIComponent(model),
      streamed: action === 'converse-stream',
    }
  },
  whole: (asked) => ({ contentType: json, text: JSON.stringify(wholeOf(asked)) }),
  inEvents: {
    contentType: 'application/vnd.amazon.eventstream',
    encoding: 'latin1',
    events: [...textPieces(), stopEvents()],
    // The last event says it.
    endMark: '',
    malformed: binary(jsonEvent('contentBlockDelta', { contentBlockIndex: 0 })),
    error: binary(exceptionEvent('internalServerException', refusals.broken[2])),
  },
  refusal(kind) {
    const [status, code, message] = refusals[kind]
    return { status, text: JSON.stringify({ __type: code, message }) }
  },
  errorAnswer: JSON.stringify({ __type: refusals.broken[1], message: refusals.broken[2] }),
}

function wholeOf(asked: Asked): object {
  if (asked === 'embed') return { embedding: answeredVector, inputTextTokenCount: 2 }
  const message = { role: 'assistant', content: [{ text: answeredText }] }
  return { output: { message }, stopReason: 'end_turn', usage, metrics: { latencyMs: 5 } }
}

function textPieces(): readonly string[] {
  const pieces = answeredText.split(/(?<= )/)
  return pieces.map((text) =>
    binary(jsonEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
  )
}

function stopEvents(): string {
  const stop = jsonEvent('messageStop', { stopReason: 'end_turn' })
  return binary(Buffer.concat([stop, jsonEvent('metadata', { usage, metrics: { latencyMs: 5 } })]))
}

function binary(bytes: Buffer): string {
  return bytes.toString('latin1')
}
