import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import { type StreamEnd, scriptedAnswer, type UpstreamScript } from 'modelspine/testing'
import { breakOff, type ScriptedServer, scriptedServer, waitHeader } from '../scripted-server.ts'
import { jsonEvent } from '../shared/aws/event-stream-bytes.ts'

const { text, embeddings } = scriptedAnswer
export const eventStream = 'application/vnd.amazon.eventstream'
const usage = { inputTokens: 7, outputTokens: 3, totalTokens: 10 }
const metadata = { usage, metrics: { latencyMs: 5 } }

/** The status, the name of the error and how its message begins, as Bedrock reports each failure. */
const failures: Readonly<Partial<Record<ProviderFailure, readonly [number, string, string]>>> = {
  'rate-limited': [429, 'ThrottlingException', 'Too many requests'],
  quota: [400, 'ServiceQuotaExceededException', 'Your quota is used up'],
  overloaded: [503, 'ServiceUnavailableException', 'Bedrock is busy'],
  timeout: [408, 'ModelTimeoutException', 'The model took too long to answer'],
  'context-length': [400, 'ValidationException', 'Input is too long for requested model.'],
  'content-filter': [400, 'ValidationException', 'Blocked by our content filter'],
  'bad-request': [400, 'ValidationException', 'The value at temperature is wrong'],
  'not-found': [404, 'ResourceNotFoundException', 'No such model'],
  'not-ready': [429, 'ModelNotReadyException', 'The model is being restored'],
  unsupported: [400, 'ValidationException', "This model doesn't support tool use."],
  auth: [403, 'AccessDeniedException', 'You may not'],
}

/** A Bedrock that follows a script, over real HTTP. */
export function scriptedBedrock(secret: string): Promise<ScriptedServer> {
  return scriptedServer(Object.keys(failures), (script, request, bytes, response) => {
    const [, model = '', action = ''] = /^\/model\/([^/]+)\/([^/]+)$/.exec(request.url ?? '') ?? []
    const isJson = request.headers['content-type'] === 'application/json'
    act(script, { action, bytes, type: request.headers['content-type'] }, response, secret)
    const text = bytes.toString()
    return { model: decodeURIComponent(model), body: isJson ? JSON.parse(text) : bytes, text }
  })
}

interface Asked {
  readonly action: string
  readonly bytes: Buffer
  readonly type: string | undefined
}

function act(script: UpstreamScript, asked: Asked, response: ServerResponse, secret: string): void {
  if (script.kind === 'stream') streamed(script.end, response)
  if (script.kind === 'ok') answered(asked, response)
  if (script.kind !== 'fails') return
  const [status, code, words] = failures[script.code] ?? []
  if (status !== undefined) {
    const headers = {
      'x-amzn-errortype': `${code}:http://internal.amazon.com/`,
      ...waitHeader(script.retryAfterMs),
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ message: `${words}, key ${secret}` }))
  } else if (script.code === 'unavailable') {
    response.socket?.destroy()
  } else if (script.code === 'malformed-reply') {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ note: `no reply for ${secret}` }))
  } else {
    breakOff(response, asked.action === 'converse-stream' ? eventStream : 'application/json')
  }
}

function answered({ action, bytes, type }: Asked, response: ServerResponse): void {
  if (action === 'invoke' && type !== 'application/json') {
    response.writeHead(200, { 'content-type': type }).end(bytes)
    return
  }
  const body =
    action === 'invoke' ? { id: 'e', response_type: 'embeddings_floats', embeddings } : converseReply()
  response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1' })
  response.end(JSON.stringify(body))
}

export function converseReply(): object {
  const message = { role: 'assistant', content: [{ text: text.join('') }] }
  return { output: { message }, stopReason: 'end_turn', ...metadata }
}

export const textEvent = (text: string): Buffer =>
  jsonEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })
export const stopEvents: Buffer = Buffer.concat([
  jsonEvent('contentBlockStop', { contentBlockIndex: 0 }),
  jsonEvent('messageStop', { stopReason: 'end_turn' }),
])
export const metadataEvent: Buffer = jsonEvent('metadata', metadata)

function streamed(end: StreamEnd, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': eventStream })
  const [first = '', ...rest] = text
  response.write(jsonEvent('messageStart', { role: 'assistant' }))
  response.write(textEvent(first), () => {
    if (end === 'cut') response.socket?.destroy()
  })
  if (end === 'cut' || end === 'stuck') return
  if (end === 'malformed') {
    response.end(Buffer.concat([jsonEvent('contentBlockDelta', { contentBlockIndex: 0 }), stopEvents]))
    return
  }
  for (const piece of rest) response.write(textEvent(piece))
  // The last event. The one before it says why the answer is finished.
  response.end(end === 'unmarked' ? stopEvents : Buffer.concat([stopEvents, metadataEvent]))
}
