import { answeredText, type RefusalKind, type VendorWords } from './words.ts'

const json = 'application/json'

/** Anthropic's status and error for each refusal. */
const refusals: Readonly<Record<RefusalKind, readonly [number, object]>> = {
  'rate-limited': [429, { type: 'rate_limit_error', message: 'This request would exceed your rate limit' }],
  broken: [500, { type: 'api_error', message: 'Internal server error' }],
  overloaded: [529, { type: 'overloaded_error', message: 'Overloaded' }],
  'context-length': [
    400,
    { type: 'invalid_request_error', message: 'prompt is too long: 200001 tokens > 200000 maximum' },
  ],
  'content-filter': [
    400,
    { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
  ],
}

const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null }
/** Of the twelve tokens of the prompt, ten were cached. */
const prompt = { input_tokens: 2, cache_read_input_tokens: 10 }
const usage = { ...prompt, output_tokens: 4 }

/** Anthropic's messages. */
export const anthropicWords: VendorWords = {
  read(_path, body) {
    const { model, stream } = JSON.parse(body) as { readonly model: string; readonly stream?: boolean }
    return { asked: 'chat', model, streamed: stream === true }
  },
  whole() {
    const content = [{ type: 'text', text: answeredText }]
    return { contentType: json, text: JSON.stringify({ ...head, content, stop_reason: 'end_turn', usage }) }
  },
  inEvents: {
    contentType: 'text/event-stream',
    events: [
      ...textPieces().map((text, index) => (index === 0 ? begun() : '') + said(text)),
      event({ type: 'content_block_stop', index: 0 }) +
        event({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 4 },
        }),
    ],
    endMark: event({ type: 'message_stop' }),
    malformed: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":\n\n',
    error: event({ type: 'error', error: refusals.broken[1] }),
  },
  refusal(kind) {
    const [status, error] = refusals[kind]
    return { status, text: JSON.stringify({ type: 'error', error, request_id: 'req_1' }) }
  },
  errorAnswer: JSON.stringify({ type: 'error', error: refusals.broken[1] }),
}

function begun(): string {
  const message = { ...head, content: [], stop_reason: null, usage: { ...prompt, output_tokens: 1 } }
  const block = { type: 'text', text: '' }
  return (
    event({ type: 'message_start', message }) +
    event({ type: 'content_block_start', index: 0, content_block: block }) +
    event({ type: 'ping' })
  )
}

function said(text: string): string {
  return event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
}

function event(body: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`
}

function textPieces(): readonly string[] {
  return answeredText.split(/(?<= )/)
}
