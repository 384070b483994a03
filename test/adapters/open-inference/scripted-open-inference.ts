import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import {
  type ScriptedUpstream,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from 'modelspine/testing'
import { type Loopback, serveLoopback } from '../../loopback.ts'

const statuses: Readonly<Partial<Record<ProviderFailure, readonly [number, string]>>> = {
  'rate-limited': [429, 'slow down'],
  overloaded: [503, 'queue is full'],
  timeout: [504, 'inference took too long'],
  'bad-request': [400, 'unexpected shape for input pixels'],
  'not-found': [404, 'no such model'],
  'not-ready': [503, 'model kit-model is not ready'],
  unsupported: [501, 'no such protocol'],
  auth: [401, 'no token'],
}

/** A model server that does what it is told, over real HTTP. */
export async function scriptedOpenInference(secret: string): Promise<ScriptedUpstream & Loopback> {
  let script: UpstreamScript = { kind: 'ok' }
  let left = 0
  const calls: UpstreamCall[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    const model = decodeURIComponent(/^\/v2\/models\/([^/]+)/.exec(request.url ?? '')?.[1] ?? '')
    const type = request.headers['content-type'] ?? ''
    calls.push({ model, body: type === 'application/json' ? JSON.parse(bytes.toString()) : bytes })
    response.on('close', () => {
      if (!response.writableFinished && script.kind !== 'fails') left += 1
    })
    if (script.kind === 'fails') fail(script.code, script.retryAfterMs, response, secret)
    else if (script.kind === 'ok' && type === 'application/json') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ model_name: model, outputs: scriptedAnswer.outputs }))
    } else if (script.kind === 'ok') {
      const split = request.headers['inference-header-content-length']
      const more = split === undefined ? {} : { 'inference-header-content-length': split }
      response.writeHead(200, { 'content-type': type, ...more }).end(bytes)
    }
  })
  return {
    ...loopback,
    calls,
    failures: [
      ...(Object.keys(statuses) as ProviderFailure[]),
      'unavailable',
      'interrupted',
      'malformed-reply',
    ],
    play(next) {
      script = next
    },
    get left() {
      return left
    },
  }
}

function fail(
  code: ProviderFailure,
  retryAfterMs: number | undefined,
  response: ServerResponse,
  secret: string,
): void {
  const [status, words] = statuses[code] ?? []
  if (status !== undefined) {
    const wait = retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1000) }
    response.writeHead(status, { 'content-type': 'application/json', ...wait })
    response.end(JSON.stringify({ error: `${words}, said to Bearer ${secret}` }))
  } else if (code === 'unavailable') {
    response.socket?.destroy()
  } else if (code === 'malformed-reply') {
    response.writeHead(200).end('<html>')
  } else {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '999' })
    response.write('{"model_name":', () => response.socket?.destroy())
  }
}
