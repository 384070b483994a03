import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import { type StreamEnd, scriptedAnswer, type UpstreamScript } from 'modelspine/testing'
import { breakOff, type ScriptedServer, scriptedServer, waitHeader } from '../scripted-server.ts'

const { text, embeddings } = scriptedAnswer
const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 }

const quota = (quotaId: string): readonly object[] => [
  { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue: '20' }] },
]

/** The status of HTTP, the name of Google's, and what else the error says. */
const failures: Readonly<Partial<Record<ProviderFailure, readonly [number, string, object?]>>> = {
  'rate-limited': [
    429,
    'RESOURCE_EXHAUSTED',
    { details: quota('GenerateRequestsPerMinutePerProjectPerModel') },
  ],
  quota: [429, 'RESOURCE_EXHAUSTED', { details: quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier') }],
  overloaded: [503, 'UNAVAILABLE'],
  timeout: [504, 'DEADLINE_EXCEEDED'],
  'context-length': [
    400,
    'INVALID_ARGUMENT',
    { message: 'The input token count (9) exceeds the maximum (8).' },
  ],
  'bad-request': [400, 'INVALID_ARGUMENT'],
  'not-found': [404, 'NOT_FOUND'],
  unsupported: [501, 'UNIMPLEMENTED'],
  auth: [
    400,
    'INVALID_ARGUMENT',
    { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }] },
  ],
}

/** Google's side of both services, over real HTTP. */
export function scriptedGemini(secret: string): Promise<ScriptedServer> {
  return scriptedServer(Object.keys(failures), (script, request, bytes, response) => {
    const [, model = '', method = ''] = /\/models\/([^/:]+):(\w+)/.exec(request.url ?? '') ?? []
    act(script, method, response, secret)
    return { model, body: JSON.parse(bytes.toString()), text: bytes.toString() }
  })
}

function act(script: UpstreamScript, method: string, response: ServerResponse, secret: string): void {
  const json = (status: number, body: object, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  }
  if (script.kind === 'stream') streamed(script.end, response)
  if (script.kind === 'ok') json(200, replies[method] ?? {})
  if (script.kind !== 'fails') return
  const [status, name, more] = failures[script.code] ?? []
  if (status !== undefined) {
    const error = { code: status, message: `Refused, key ${secret}`, status: name, ...more }
    json(status, { error }, waitHeader(script.retryAfterMs))
  } else if (script.code === 'unavailable') {
    response.socket?.destroy()
  } else if (script.code === 'malformed-reply') {
    json(200, { note: `no reply for ${secret}` })
  } else {
    breakOff(response, method === 'streamGenerateContent' ? 'text/event-stream' : 'application/json')
  }
}

function answer(parts: readonly object[], more: object = {}): object {
  return {
    candidates: [{ content: { role: 'model', parts }, ...more }],
    modelVersion: 'kit-model',
    responseId: 'r',
  }
}

export const wholeAnswer: object = {
  ...answer([{ text: text.join('') }], { finishReason: 'STOP' }),
  usageMetadata,
}

const replies: Readonly<Record<string, object>> = {
  generateContent: wholeAnswer,
  batchEmbedContents: { embeddings: embeddings.map((values) => ({ values })) },
  predict: {
    predictions: embeddings.map((values) => ({ embeddings: { values, statistics: { token_count: 2 } } })),
  },
}

export function event(body: object): string {
  return `data: ${JSON.stringify(body)}\r\n\r\n`
}

function streamed(end: StreamEnd, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const [first = '', ...rest] = text
  response.write(event(answer([{ text: first }])), () => {
    if (end === 'cut') response.socket?.destroy()
  })
  if (end === 'cut' || end === 'stuck') return
  if (end === 'malformed') {
    response.end('data: {"candidates": [{"content": \r\n\r\n')
    return
  }
  for (const [index, piece] of rest.entries()) {
    const isLast = end === 'usage-with-text' && index === rest.length - 1
    response.write(event({ ...answer([{ text: piece }]), ...(isLast && { usageMetadata }) }))
  }
  const usage = end === 'usage-with-text' ? {} : { usageMetadata }
  response.end(event({ ...answer([], { finishReason: 'STOP' }), ...usage }))
}
