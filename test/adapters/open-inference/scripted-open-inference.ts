import type { ServerResponse } from 'node:http'
import { bytesReplyOf, type ProviderFailure, tensorPayloadOf } from 'modelspine/adapter'
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
    const split = request.headers['inference-header-content-length']
    if (script.kind === 'fails') fail(script.code, script.retryAfterMs, response, secret)
    else if (script.kind === 'ok' && (type === 'application/json' || asksTensors(bytes, String(split)))) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ model_name: model, outputs: scriptedAnswer.outputs }))
    } else if (script.kind === 'binary') {
      const { outputs } = scriptedAnswer
      const whole = bytesReplyOf({ kind: 'tensors', outputs }, model, () => true)
      const sent = script.cut ? whole.bytes.subarray(0, -1) : whole.bytes
      response.writeHead(200, { 'content-type': whole.contentType, ...whole.headers }).end(sent)
    } else if (script.kind === 'ok') {
      const more = split === undefined ? {} : { 'inference-header-content-length': split }
      response.writeHead(200, { 'content-type': type, ...more }).end(bytes)
    }
    return { model, body: type === 'application/json' ? JSON.parse(bytes.toString()) : bytes }
  })
}

/** Whether a binary body is one that the provider made. The kit's own bytes are no request. */
function asksTensors(bytes: Buffer, split: string): boolean {
  try {
    const headers = { 'inference-header-content-length': split }
    return tensorPayloadOf({ kind: 'bytes', contentType: '', bytes, headers }).inputs.length > 0
  } catch {
    return false
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
