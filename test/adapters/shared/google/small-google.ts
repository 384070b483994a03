import type { IncomingMessage } from 'node:http'
import { type Loopback, serveLoopback } from '../../../loopback.ts'

export interface GoogleReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface GoogleCall {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface SmallGoogle extends Loopback {
  readonly calls: readonly GoogleCall[]
}

const numbers: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
}

/** A status of Google, as HTTP carries it. */
export function statusError(
  status: string,
  message: string,
  details: readonly object[] = [],
  code: number = numbers[status] ?? 500,
): GoogleReply {
  return { status: code, body: JSON.stringify({ error: { code, message, status, details } }) }
}

/** A server that refuses tokens that it does not know, and answers the others by `answer`. */
export async function smallGoogle(
  answer: (call: GoogleCall, place: number) => GoogleReply,
  known: readonly string[],
): Promise<SmallGoogle> {
  const calls: GoogleCall[] = []
  const loopback = await serveLoopback((request, body, response) => {
    const { method = '', url = '', headers } = request
    const call: GoogleCall = { method, url, headers, body: body.toString() }
    calls.push(call)
    const [, token = ''] = /^Bearer (.*)$/.exec(headers.authorization ?? '') ?? []
    const reply = known.includes(token)
      ? answer(call, calls.length - 1)
      : statusError('UNAUTHENTICATED', `Request had invalid authentication credentials ${token}.`)
    response
      .writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
      .end(reply.body ?? '{}')
  })
  return { ...loopback, calls }
}
