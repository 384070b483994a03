import { openaiWords } from './openai-words.ts'
import { answeredText, type VendorWords } from './words.ts'

const json = 'application/json'
const broken = { code: 'server_error', message: 'The server had an error' }
const place = { item_id: 'msg_1', output_index: 0, content_index: 0, logprobs: [] }

/** OpenAI's responses. Embeddings, and refusals before an answer, are as beside chat completions. */
export const openaiResponsesWords: VendorWords = {
  ...openaiWords,
  whole: (asked) =>
    asked === 'embed'
      ? openaiWords.whole(asked)
      : { contentType: json, text: JSON.stringify(wholeResponse()) },
  inEvents: {
    contentType: 'text/event-stream',
    events: [
      ...textPieces().map((delta) => event('response.output_text.delta', { ...place, delta })),
      event('response.completed', { response: wholeResponse() }),
    ],
    endMark: '',
    malformed: 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":\n\n',
    error: event('error', { ...broken, param: null }),
  },
  errorAnswer: JSON.stringify({
    id: 'resp_1',
    object: 'response',
    status: 'failed',
    error: broken,
    output: [],
  }),
}

function wholeResponse(): object {
  const content = [{ type: 'output_text', text: answeredText, annotations: [], logprobs: [] }]
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content }
  // Of the twelve tokens of the prompt, ten were cached.
  const usage = {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 10 },
    output_tokens: 4,
    total_tokens: 16,
  }
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'm',
    output: [message],
    usage,
  }
}

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...members })}\n\n`
}

function textPieces(): readonly string[] {
  return answeredText.split(/(?<= )/)
}
