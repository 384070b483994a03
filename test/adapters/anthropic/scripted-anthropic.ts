import type { ServerResponse } from 'node:http'
import type { ProviderFailure } from 'modelspine/adapter'
import { type StreamEnd, scriptedAnswer, type UpstreamScript } from 'modelspine/testing'
import { breakOff, type ScriptedServer, scriptedServer, waitHeader } from '../scripted-server.ts'

const { text } = scriptedAnswer
const usage = { input_tokens: 7, output_tokens: 3 }

/** The status and `error` object with which Anthropic, or a server of its format, reports each failure. */
const failures: Readonly<Partial<Record<ProviderFailure, readonly [number, string, string?]>>> = {
  'rate-limited': [429, 'rate_limit_error'],
  quota: [402, 'billing_error'],
  overloaded: [529, 'overloaded_error'],
  timeout: [504, 'timeout_error'],
  'context-length': [400, 'invalid_request_error', 'prompt is too long'],
  'content-filter': [400, 'invalid_request_error', 'Output blocked by content filtering policy'],
  'bad-request': [400, 'invalid_request_error'],
  'not-found': [404, 'not_found_error'],
  'not-ready': [503, 'unavailable_error'],
  auth: [401, 'authentication_error'],
}

/** A server of Anthropic's messages that follows a script, over real HTTP. */
export function scriptedAnthropic(secret: string): Promise<ScriptedServer> {
  return scriptedServer(Object.keys(failures), (script, _request, bytes, response) => {
    const body = JSON.parse(bytes.toString()) as { model: string; stream?: boolean }
    act(script, body, response, secret)
    return { model: body.model, body, text: bytes.toString() }
  })
}

function act(
  script: UpstreamScript,
  { model, stream }: { model: string; stream?: boolean },
  response: ServerResponse,
  secret: string,
): void {
  const json = (status: number, body: object, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  }
  if (script.kind === 'stream') streamed(script.end, response)
  if (script.kind === 'ok') json(200, messageOf(model))
  if (script.kind !== 'fails') return
  const [status, type, told = 'Refused'] = failures[script.code] ?? []
  if (status !== undefined) {
    const error = { type, message: `${told}, key ${secret}` }
    json(status, { type: 'error', error }, waitHeader(script.retryAfterMs))
  } else if (script.code === 'unavailable') {
    response.socket?.destroy()
  } else if (script.code === 'malformed-reply') {
    json(200, { note: `no reply for ${secret}` })
  } else {
    breakOff(response, stream ? 'text/event-stream' : 'application/json')
  }
}

export function messageOf(model: string): object {
  const content = [{ type: 'text', text: text.join('') }]
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage,
  }
}

export function event(body: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`
}

export function begun(prompt: object = { input_tokens: 7, output_tokens: 1 }): string {
  const message = { ...messageOf('m'), content: [], stop_reason: null, usage: prompt }
  return (
    event({ type: 'message_start', message }) +
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
  )
}

export function said(piece: string): string {
  return event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } })
}

export const ended: string =
  event({ type: 'content_block_stop', index: 0 }) +
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage })

export const stopped: string = event({ type: 'message_stop' })

function streamed(end: StreamEnd, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const [first = '', ...rest] = text
  response.write(begun())
  response.write(said(first), () => {
    if (end === 'cut') response.socket?.destroy()
  })
  if (end === 'cut' || end === 'stuck') return
  if (end === 'malformed') {
    response.end(`event: content_block_delta\ndata: {"type": \n\n${stopped}`)
    return
  }
  // This format tells the usage in the event that ends the answer.
  response.write(rest.map(said).join('') + ended)
  response.end(end === 'unmarked' ? '' : stopped)
}
