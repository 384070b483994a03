import { type Asked, answeredText, answeredVector, type RefusalKind, type VendorWords } from './words.ts'

const json = 'application/json'

/** OpenAI's status and error for each refusal. */
const refusals: Readonly<Record<RefusalKind, readonly [number, object]>> = {
  'rate-limited': [429, { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached' }],
  broken: [500, { type: 'server_error', code: null, message: 'The server had an error' }],
  overloaded: [503, { type: 'server_error', code: null, message: 'The engine is overloaded' }],
  'context-length': [
    400,
    { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'The prompt is too long' },
  ],
  'content-filter': [
    400,
    { type: 'invalid_request_error', code: 'content_filter', message: 'The prompt was filtered' },
  ],
}

/** Of the twelve tokens of the prompt, ten were cached. */
const usage = {
  prompt_tokens: 12,
  completion_tokens: 4,
  total_tokens: 16,
  prompt_tokens_details: { cached_tokens: 10 },
}

/** OpenAI's chat completions and embeddings. */
export const openaiWords: VendorWords = {
  read(path, body) {
    const { model, stream } = JSON.parse(body) as { readonly model: string; readonly stream?: boolean }
    return {
      asked: path.split('?')[0]?.endsWith('/embeddings') === true ? 'embed' : 'chat',
      model,
      streamed: stream === true,
    }
  },
  whole: (asked) => ({ contentType: json, text: JSON.stringify(wholeOf(asked)) }),
  inEvents: {
    contentType: 'text/event-stream',
    events: [...textPieces().map((content) => chunk({ content }, null)), chunk({}, 'stop', usage)],
    endMark: 'data: [DONE]\n\n',
    malformed: 'data: {"choices":[{"index":0,"delta":\n\n',
    error: `data: ${JSON.stringify({ error: refusals.broken[1] })}\n\n`,
  },
  refusal(kind) {
    const [status, error] = refusals[kind]
    return { status, text: JSON.stringify({ error: { param: null, ...error } }) }
  },
  errorAnswer: JSON.stringify({ error: refusals.broken[1] }),
}

function wholeOf(asked: Asked): object {
  if (asked === 'embed') {
    const data = [{ object: 'embedding', index: 0, embedding: answeredVector }]
    return { object: 'list', model: 'm', data, usage: { prompt_tokens: 2, total_tokens: 2 } }
  }
  const message = { role: 'assistant', content: answeredText }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  return { id: 'chat-1', object: 'chat.completion', created: 1, model: 'm', choices, usage }
}

function chunk(delta: object, finish: string | null, told?: object): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  const body = {
    id: 'chat-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices,
    ...(told && { usage: told }),
  }
  return `data: ${JSON.stringify(body)}\n\n`
}

function textPieces(): readonly string[] {
  return answeredText.split(/(?<= )/)
}
