import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import type { ScriptedUpstream, UpstreamCall, UpstreamScript } from 'modelspine/testing'
import { type Loopback, serveLoopback } from '../loopback.ts'

export interface ScriptedServer extends ScriptedUpstream, Loopback {
  /** Headers of the last call. */
  readonly headers: IncomingMessage['headers']
}

/**
 * An upstream over real HTTP that follows a script. `refusals` are the failures that it reports by status.
 * `act` answers as the script says, and gives the call that it was asked.
 */
export async function scriptedServer(
  refusals: readonly string[],
  act: (
    script: UpstreamScript,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ) => UpstreamCall,
): Promise<ScriptedServer> {
  let script: UpstreamScript = { kind: 'ok' }
  let left = 0
  let headers: IncomingMessage['headers'] = {}
  const calls: UpstreamCall[] = []
  const loopback = await serveLoopback((request, body, response) => {
    headers = request.headers
    response.on('close', () => {
      if (!response.writableFinished && script.kind !== 'fails') left += 1
    })
    calls.push(act(script, request, body, response))
  })
  return {
    ...loopback,
    calls,
    failures: [...(refusals as ProviderFailure[]), 'unavailable', 'interrupted', 'malformed-reply'],
    play(next) {
      script = next
      // On a new connection a broken call is not sent a second time.
      loopback.server.closeIdleConnections()
    },
    get left() {
      return left
    },
    get headers() {
      return headers
    },
  }
}

export function waitHeader(retryAfterMs: number | undefined): { 'retry-after'?: string } {
  return retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1000) }
}

/** Begins an answer, and ends the connection in the middle of the answer. */
export function breakOff(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': '999' })
  response.write('{"id":', () => response.socket?.destroy())
}
