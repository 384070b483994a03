import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import { scriptedAnswer } from 'modelspine/testing'
import { breakOff, type ScriptedServer, scriptedServer, waitHeader } from '../scripted-server.ts'

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

/** A model server that follows a script, over real HTTP. */
export function scriptedOpenInference(secret: string): Promise<ScriptedServer> {
  return scriptedServer(Object.keys(statuses), (script, request, bytes, response) => {
    const model = decodeURIComponent(/^\/v2\/models\/([^/]+)/.exec(request.url ?? '')?.[1] ?? '')
    const type = request.headers['content-type'] ?? ''
    if (script.kind === 'fails') fail(script.code, script.retryAfterMs, response, secret)
    else if (script.kind === 'ok' && type === 'application/json') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ model_name: model, outputs: scriptedAnswer.outputs }))
    } else if (script.kind === 'ok') {
      const split = request.headers['inference-header-content-length']
      const more = split === undefined ? {} : { 'inference-header-content-length': split }
      response.writeHead(200, { 'content-type': type, ...more }).end(bytes)
    }
    return { model, body: type === 'application/json' ? JSON.parse(bytes.toString()) : bytes }
  })
}

function fail(
  code: ProviderFailure,
  retryAfterMs: number | undefined,
  response: ServerResponse,
  secret: string,
): void {
  const [status, words] = statuses[code] ?? []
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json', ...waitHeader(retryAfterMs) })
    response.end(JSON.stringify({ error: `${words}, said to Bearer ${secret}` }))
  } else if (code === 'unavailable') {
    response.socket?.destroy()
  } else if (code === 'malformed-reply') {
    response.writeHead(200).end('<html>')
  } else {
    breakOff(response, 'application/json')
  }
}
