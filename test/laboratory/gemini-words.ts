import { type Asked, answeredText, answeredVector, type RefusalKind, type VendorWords } from './words.ts'

const json = 'application/json'

/** Of the twelve tokens of the prompt, ten were cached. */
const usageMetadata = {
  promptTokenCount: 12,
  cachedContentTokenCount: 10,
  candidatesTokenCount: 4,
  totalTokenCount: 16,
}

/** Google's status, and its `google.rpc.Status`. A prompt is refused with status 200. */
const errors: Readonly<Record<Exclude<RefusalKind, 'content-filter'>, readonly [number, string, string]>> = {
  'rate-limited': [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota'],
  broken: [500, 'INTERNAL', 'An internal error has occurred'],
  overloaded: [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  'context-length': [
    400,
    'INVALID_ARGUMENT',
    'The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).',
  ],
}

function errorBody(kind: keyof typeof errors): string {
  const [code, status, message] = errors[kind]
  return JSON.stringify({ error: { code, message, status } })
}

/** Gemini in the Gemini API, and in Vertex AI. */
export const geminiWords: VendorWords = {
  read(path) {
    const [, model = '', method = ''] = /\/models\/([^/:]+):(\w+)/.exec(path) ?? []
    const isChat = method === 'generateContent' || method === 'streamGenerateContent'
    return {
      asked: isChat ? 'chat' : 'embed',
      model: decodeURIComponent(model),
      streamed: method === 'streamGenerateContent',
    }
  },
  whole: (asked) => ({ contentType: json, text: JSON.stringify(wholeOf(asked)) }),
  inEvents: {
    contentType: 'text/event-stream',
    events: [...textPieces().map((text) => chunk([{ text }])), chunk([{ text: '' }], 'STOP')],
    endMark: '',
    malformed: 'data: {"candidates":[{"content":\n\n',
    error: `data: ${errorBody('broken')}\n\n`,
  },
  refusal(kind) {
    if (kind !== 'content-filter') return { status: errors[kind][0], text: errorBody(kind) }
    const usageMetadata = { promptTokenCount: 2, totalTokenCount: 2 }
    return { status: 200, text: JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata }) }
  },
  errorAnswer: errorBody('broken'),
}

/** The answers of both services to the same question. */
function wholeOf(asked: Asked): object {
  if (asked === 'embed') {
    const statistics = { token_count: 2, truncated: false }
    return {
      embeddings: [{ values: answeredVector }],
      usageMetadata: { promptTokenCount: 2 },
      predictions: [{ embeddings: { values: answeredVector, statistics } }],
    }
  }
  return answer([{ text: answeredText }], 'STOP')
}

function answer(parts: readonly object[], finishReason?: string): object {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) }],
    // Only the last event of a stream has all counts.
    usageMetadata: finishReason === undefined ? { promptTokenCount: 12 } : usageMetadata,
    modelVersion: 'm',
    responseId: 'r-1',
  }
}

function chunk(parts: readonly object[], finishReason?: string): string {
  return `data: ${JSON.stringify(answer(parts, finishReason))}\r\n\r\n`
}

function textPieces(): readonly string[] {
  return answeredText.split(/(?<= )/)
}
