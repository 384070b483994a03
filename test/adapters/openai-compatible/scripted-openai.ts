import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import { type StreamEnd, scriptedAnswer, type UpstreamScript } from 'modelspine/testing'
import { breakOff, type ScriptedServer, scriptedServer, waitHeader } from '../scripted-server.ts'

const { text, embeddings } = scriptedAnswer
const wireUsage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

/** The status and `error` object with which OpenAI, or a proxy before OpenAI, reports each failure. */
export const openaiFailures: Readonly<Partial<Record<ProviderFailure, readonly [number, object]>>> = {
  'rate-limited': [429, { type: 'requests', code: 'rate_limit_exceeded' }],
  quota: [429, { type: 'insufficient_quota', code: 'insufficient_quota' }],
  overloaded: [503, { type: 'server_error', code: null }],
  timeout: [504, { type: 'server_error', code: null }],
  'context-length': [
    400,
    { type: 'invalid_request_error', code: 'context_length_exceeded', param: 'messages' },
  ],
  'content-filter': [400, { type: 'invalid_request_error', code: 'content_filter', param: 'prompt' }],
  'bad-request': [400, { type: 'invalid_request_error', code: null, param: 'temperature' }],
  'not-found': [404, { type: 'invalid_request_error', code: 'model_not_found', param: 'model' }],
  'not-ready': [503, { type: 'unavailable_error', code: 503 }],
  unsupported: [501, { type: 'invalid_request_error', code: null }],
  auth: [401, { type: 'invalid_request_error', code: 'invalid_api_key' }],
}

/** How a server answers in one of OpenAI's formats. */
export interface ScriptedFormat {
  /** The whole answers, by path. */
  readonly replies: Readonly<Record<string, (model: string) => object>>
  streamed(end: StreamEnd, response: ServerResponse): void
}

/** An OpenAI server that follows a script, over real HTTP. */
export function scriptedOpenai(secret: string): Promise<ScriptedServer> {
  return scriptedFormat(secret, { replies, streamed })
}

/** The same in another of OpenAI's formats. */
export function scriptedFormat(secret: string, format: ScriptedFormat): Promise<ScriptedServer> {
  return scriptedServer(Object.keys(openaiFailures), (script, request, bytes, response) => {
    const body = JSON.parse(bytes.toString()) as { model: string; stream?: boolean }
    act(script, request.url, body, response, { secret, ...format })
    return { model: body.model, body, text: bytes.toString() }
  })
}

function act(
  script: UpstreamScript,
  path: string | undefined,
  { model, stream }: { model: string; stream?: boolean },
  response: ServerResponse,
  { secret, replies: whole, streamed: inPieces }: ScriptedFormat & { readonly secret: string },
): void {
  const json = (status: number, body: object, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  }
  if (script.kind === 'stream') inPieces(script.end, response)
  if (script.kind === 'ok') json(200, whole[path ?? '']?.(model) ?? {})
  if (script.kind !== 'fails') return
  const [status, error] = openaiFailures[script.code] ?? []
  if (status !== undefined) {
    const body = { error: { message: `Refused, key ${secret}`, param: null, ...error } }
    json(status, body, waitHeader(script.retryAfterMs))
  } else if (script.code === 'unavailable') {
    response.socket?.destroy()
  } else if (script.code === 'malformed-reply') {
    json(200, { note: `no reply for ${secret}` })
  } else {
    breakOff(response, stream ? 'text/event-stream' : 'application/json')
  }
}

export function completionReply(model: string): object {
  const choices = [{ index: 0, text: text.join(''), logprobs: null, finish_reason: 'stop' }]
  return { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000, model, choices, usage: wireUsage }
}

const replies: Readonly<Record<string, (model: string) => object>> = {
  '/v1/chat/completions': chatReply,
  '/openai/v1/chat/completions': chatReply,
  '/openai/v1/completions': completionReply,
  '/openai/v1/embeddings': embeddingReply,
  '/v1/completions': completionReply,
  '/v1/embeddings': embeddingReply,
}

export function chatReply(model: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text.join(''), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: wireUsage,
  }
}

export function embeddingReply(model: string): object {
  const data = embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  return { object: 'list', data, model, usage: { prompt_tokens: 7, total_tokens: 7 } }
}

export function chunk(delta: object, more: object = {}, finish: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  return event({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices,
    ...more,
  })
}

export function event(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`
}

export const usageChunk: string = event({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [],
  usage: wireUsage,
})

function streamed(end: StreamEnd, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const [first = '', ...rest] = text
  response.write(chunk({ role: 'assistant', content: '' }, { usage: null }))
  response.write(chunk({ content: first }, { usage: null }), () => {
    if (end === 'cut') response.socket?.destroy()
  })
  if (end === 'cut' || end === 'stuck') return
  if (end === 'malformed') {
    response.end('data: {"choices": [{"delta": \n\ndata: [DONE]\n\n')
    return
  }
  for (const [index, piece] of rest.entries()) {
    const last = index === rest.length - 1
    response.write(chunk({ content: piece }, end === 'usage-with-text' && last ? { usage: wireUsage } : {}))
  }
  response.write(chunk({}, {}, 'stop'))
  if (end !== 'usage-with-text') response.write(usageChunk)
  response.end(end === 'unmarked' ? '' : 'data: [DONE]\n\n')
}
